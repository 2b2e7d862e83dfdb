import { PointsService, SessionService, UserService } from '@tandem/contracts/users';
import { describe, expect, it } from 'vitest';
import { findGrpcurl } from './grpcurl.ts';
import { usePair } from './pair/use-pair.ts';
import { createReader, readTour, settle } from './readme/tour.ts';

/** Each page with the services of which it shows every method; each is read on databases of its own. */
const pages = [
  { page: 'README.md', services: [] },
  { page: 'docs/users.md', services: [UserService, PointsService, SessionService] },
];

describe.each(pages)('the commands of $page', async ({ page, services }) => {
  const { usersService, postsService } = await usePair();
  const read = createReader({
    'localhost:50051': usersService.grpc,
    'localhost:8051': usersService.edge.replace('http://', ''),
    'localhost:50052': postsService.grpc,
    'localhost:8052': postsService.edge.replace('http://', ''),
  });
  const steps = readTour(page);

  it('are there', () => {
    expect(steps.length).toBeGreaterThan(10);
  });

  const methods = services.flatMap(({ typeName, methods }) => methods.map(({ name }) => `${typeName}/${name}`));
  it.each(methods)('have an example of %s', (method) => {
    expect(steps.map(({ command }) => command.split(' ').at(-1))).toContain(method);
  });

  // The notice that grpcurl is missing is printed by grpcurl.e2e.test.ts.
  const canRun = steps.filter(({ command }) => findGrpcurl() !== undefined || !command.startsWith('grpcurl'));
  it.each(canRun)('answer as printed: $command', async (step) => {
    expect(settle(await read(step))).toBe(settle(step.answer));
  });
});
