import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const repository = join(import.meta.dirname, '../..');

/** Everything fetched or built for the suites; ignored by git. */
export const buildDirectory = join(repository, 'build/conformance');
/** The suites' contracts, as serialized `FileDescriptorSet`s. */
export const descriptorPaths = {
  connect: join(buildDirectory, 'connect.binpb'),
  interop: join(buildDirectory, 'interop.binpb'),
};
/** The suites' clients. */
export const binaryPaths = {
  connect: join(buildDirectory, 'bin/connectconformance'),
  interop: join(buildDirectory, 'bin/client'),
};

const conformanceVersion = 'v1.0.7';
const grpcVersion = 'v1.85.0';
/** A cold build of everything, on a slow machine. */
const fetchTimeoutMs = 600_000;

/**
 * Fetches and builds what is missing.
 *
 * @throws Error with one line for a person
 */
export async function prepareTools(): Promise<void> {
  await requireGo();
  await mkdir(join(buildDirectory, 'bin'), { recursive: true });
  await makeOnce(binaryPaths.connect, () =>
    go(['install', `connectrpc.com/conformance/cmd/connectconformance@${conformanceVersion}`]),
  );
  await makeOnce(binaryPaths.interop, () => go(['install', `google.golang.org/grpc/interop/client@${grpcVersion}`]));
  await makeOnce(descriptorPaths.connect, buildConnectDescriptors);
  await makeOnce(descriptorPaths.interop, printInteropDescriptors);
}

async function requireGo(): Promise<void> {
  try {
    await run('go', ['version']);
  } catch {
    throw new Error('conformance needs Go 1.26 or newer on the PATH (https://go.dev/dl): its suites are written in it');
  }
}

async function makeOnce(path: string, make: () => Promise<unknown>): Promise<void> {
  if (existsSync(path)) return;
  try {
    await make();
  } catch (error) {
    const lines = error instanceof Error ? error.message.trim().split('\n') : [];
    throw new Error(`conformance cannot make ${path}: ${lines.slice(-3).join(' / ')}`);
  }
}

async function go(args: readonly string[], cwd = buildDirectory): Promise<string> {
  const env = { ...process.env, GOBIN: join(buildDirectory, 'bin'), GOFLAGS: '-mod=mod' };
  const { stdout } = await run('go', args, { cwd, env, timeout: fetchTimeoutMs, maxBuffer: 2 ** 26 });
  return stdout;
}

async function buildConnectDescriptors(): Promise<void> {
  const module = await go(['mod', 'download', '-json', `connectrpc.com/conformance@${conformanceVersion}`]);
  const { Dir } = JSON.parse(module) as { Dir: string };
  const buf = join(repository, 'node_modules/.bin/buf');
  await run(buf, ['build', join(Dir, 'proto'), '-o', descriptorPaths.connect], { timeout: fetchTimeoutMs });
}

/** The module has no protos: a small program of its own prints the descriptors that its generated code carries. */
async function printInteropDescriptors(): Promise<void> {
  const directory = join(buildDirectory, 'interop-descriptors');
  await mkdir(directory, { recursive: true });
  await copyFile(join(import.meta.dirname, 'interop-descriptors.go.txt'), join(directory, 'main.go'));
  await writeFile(
    join(directory, 'go.mod'),
    `module descriptors\n\ngo 1.26\n\nrequire google.golang.org/grpc ${grpcVersion}\n`,
  );
  await go(['mod', 'tidy'], directory);
  const half = `${descriptorPaths.interop}.tmp`;
  await go(['run', '.', half], directory);
  await rename(half, descriptorPaths.interop);
}
