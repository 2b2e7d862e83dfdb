import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { interopCases, type Port } from './known-failing.ts';
import type { SuiteResult } from './result.ts';
import { runBounded } from './run-bounded.ts';
import { binaryPaths } from './tools.ts';

/** The slowest case, rpc_soak, takes a second or two. */
const caseTimeoutMs = 30_000;

/** Runs the cases of grpc-go's interop client against both ports of one server. */
export async function runInteropSuite(): Promise<SuiteResult[]> {
  const server = spawn(process.execPath, [join(import.meta.dirname, 'interop-server.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const endEarly = () => server.kill();
  process.once('exit', endEarly);
  try {
    const ports = await readPorts(server);
    return [await runCases('grpc', ports.grpc), await runCases('edge', ports.edge)];
  } finally {
    process.off('exit', endEarly);
    server.kill();
  }
}

async function readPorts(server: ChildProcess): Promise<Record<Port, number>> {
  if (!server.stdout) throw new Error('the interop server has no stdout');
  const ended = once(server, 'exit').then(([code]) => {
    throw new Error(`the interop server ended with exit code ${code} before it listened`);
  });
  const [line] = await Promise.race([once(createInterface(server.stdout), 'line'), ended]);
  ended.catch(() => {});
  return JSON.parse(String(line)) as Record<Port, number>;
}

async function runCases(port: Port, number: number): Promise<SuiteResult> {
  const complaints: string[] = [];
  for (const name of interopCases) {
    const args = ['--server_host', '127.0.0.1', '--server_port', String(number), '--test_case', name];
    const { exitCode, timedOut, output } = await runBounded(binaryPaths.interop, args, { timeoutMs: caseTimeoutMs });
    if (timedOut) complaints.push(`FAILED: ${name}: no end after ${caseTimeoutMs / 1000} s`);
    else if (exitCode !== 0) complaints.push(`FAILED: ${name}: ${output.trim().split('\n').at(-1)}`);
  }
  const failed = complaints.length;
  return { suite: 'gRPC interop', port, passed: interopCases.length - failed, failed, failedAsKnown: 0, complaints };
}
