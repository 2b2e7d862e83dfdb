import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isProcessAlive, ProcessGuard, waitUntil } from '@tandem/dev-stack';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DevService } from './dev-service.ts';

describe('DevService', () => {
  let folder = '';
  let lines: string[] = [];
  let guard: ProcessGuard;
  let service: DevService;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tandem-dev-'));
    lines = [];
    guard = new ProcessGuard();
    service = new DevService({
      name: 'users',
      main: join(import.meta.dirname, 'testing/fake-service.ts'),
      env: { ...process.env, FAKE_BEHAVIOUR: join(folder, 'behaviour'), SHUTDOWN_GRACE_MS: '-4900' },
      guard,
      say: (line) => lines.push(line),
    });
  });
  afterEach(async () => {
    await service[Symbol.asyncDispose]();
    await guard[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  const behave = (behaviour: string) => writeFileSync(join(folder, 'behaviour'), behaviour);
  const untilSaid = (part: string) => waitUntil(() => lines.some((line) => line.includes(part)), { timeoutMs: 10_000 });

  it('starts when the ready line comes, and hands on what the service printed', async () => {
    behave('serve 7');
    expect(await service.start()).toEqual({ grpc: '127.0.0.1:7', edge: '127.0.0.1:2' });
    expect(lines).toEqual(['users | {"msg":"warming up"}']);
  });

  it('throws the last word of a service that cannot start', async () => {
    behave('fail');
    await expect(service.start()).rejects.toThrow(
      'users did not start (1): users: POSTS_TARGET is nonsense: give host:port.',
    );
  });

  it('throws what a service that crashed threw, without the trace', async () => {
    behave('throw');
    await expect(service.start()).rejects.toThrow('users did not start (1): SyntaxError: no such export');
  });

  it('restarts, and goes on after a start that failed', async () => {
    behave('serve 7');
    await service.start();
    behave('fail');
    service.restart();
    await untilSaid('tried again at the next change');
    behave('serve 8');
    service.restart();
    await untilSaid('users restarted grpc=127.0.0.1:8');
  });

  it('does not wait for a start that hangs when the code changes again', async () => {
    behave('serve 7');
    await service.start();
    behave('hang');
    service.restart();
    behave('serve 9');
    service.restart();
    await untilSaid('users restarted grpc=127.0.0.1:9');
  });

  it('tells of a service that ends by itself', async () => {
    behave('serve 7 crash');
    await service.start();
    await untilSaid('users ended by itself (3)');
  });

  it('ends a service that does not stop within its grace', async () => {
    behave('serve 7 stubborn');
    await service.start();
    // Only SIGKILL ends this one: without the grace's end the test would be over first.
    await service[Symbol.asyncDispose]();
    expect(isProcessAlive(Number(lines.find((line) => line.startsWith('users | pid '))?.slice(12)))).toBe(false);
  });
});
