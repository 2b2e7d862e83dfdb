import { execFile, execFileSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const runFile = promisify(execFile);

/** Where grpcurl is: on the PATH or in Go's folder; undefined when it is not installed. */
export function findGrpcurl(): string | undefined {
  for (const path of ['grpcurl', join(homedir(), 'go/bin/grpcurl')]) {
    try {
      execFileSync(path, ['-version'], { stdio: 'ignore' });
      return path;
    } catch {
      // Not here.
    }
  }
  return undefined;
}

/** Runs grpcurl without TLS and gives what it printed; it does not throw when a call is refused. */
export async function runGrpcurl(
  grpcurl: string,
  args: readonly string[],
): Promise<{ exit: number; stdout: string; stderr: string }> {
  try {
    return { exit: 0, ...(await runFile(grpcurl, ['-plaintext', ...args])) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { exit: code, stdout, stderr };
  }
}
