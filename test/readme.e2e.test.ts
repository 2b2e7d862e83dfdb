import { describe, expect, it } from 'vitest';
import { findGrpcurl } from './grpcurl.ts';
import { usePair } from './pair/use-pair.ts';
import { readTour, runStep, settle } from './readme/tour.ts';

describe("the README's tour", async () => {
  const { usersService, postsService } = await usePair();
  const addresses = {
    'localhost:50051': usersService.grpc,
    'localhost:8051': usersService.edge.replace('http://', ''),
    'localhost:50052': postsService.grpc,
    'localhost:8052': postsService.edge.replace('http://', ''),
  };
  const steps = readTour();

  it('is there', () => {
    expect(steps.length).toBeGreaterThan(10);
  });

  // The notice that grpcurl is missing is printed by grpcurl.e2e.test.ts.
  const canRun = steps.filter(({ command }) => findGrpcurl() !== undefined || !command.startsWith('grpcurl'));
  it.each(canRun)('answers as printed: $command', async (step) => {
    expect(settle(await runStep(step, addresses))).toBe(settle(step.answer));
  });
});
