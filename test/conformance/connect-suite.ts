import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bars, knownFailing, type Port } from './known-failing.ts';
import type { SuiteResult } from './result.ts';
import { runBounded } from './run-bounded.ts';
import { binaryPaths, buildDirectory } from './tools.ts';

/** Warm, the edge takes 40 s on two cores, and five times as long beside other work. */
const timeoutMs = 400_000;
const suite = 'Connect conformance';

const features = {
  grpc: {
    versions: ['HTTP_VERSION_2'],
    protocols: ['PROTOCOL_GRPC'],
    codecs: ['CODEC_PROTO'],
    compressions: ['COMPRESSION_IDENTITY', 'COMPRESSION_GZIP', 'COMPRESSION_DEFLATE'],
    supportsTls: true,
    supportsTlsClientCerts: true,
  },
  edge: {
    versions: ['HTTP_VERSION_1', 'HTTP_VERSION_2'],
    protocols: ['PROTOCOL_CONNECT', 'PROTOCOL_GRPC', 'PROTOCOL_GRPC_WEB'],
    codecs: ['CODEC_PROTO', 'CODEC_JSON'],
    compressions: ['COMPRESSION_IDENTITY', 'COMPRESSION_GZIP', 'COMPRESSION_BR'],
    supportsTls: true,
    supportsTlsClientCerts: true,
    // connect-node answers 505 to it by design.
    supportsHalfDuplexBidiOverHttp1: false,
  },
} as const;

/** Runs connectconformance against one port. Its runner also complains of a known failing case that passes. */
export async function runConnectSuite(port: Port): Promise<SuiteResult> {
  const configuration = join(buildDirectory, `${port}.json`);
  await writeFile(configuration, JSON.stringify({ features: features[port] }));
  const known = knownFailing[port].flatMap((pattern) => ['--known-failing', pattern]);
  const server = [process.execPath, join(import.meta.dirname, 'connect-server.ts'), port];
  const args = [
    '--conf',
    configuration,
    '--mode',
    'server',
    '--max-servers',
    '2',
    '-p',
    '4',
    ...known,
    '--',
    ...server,
  ];
  const { exitCode, timedOut, output } = await runBounded(binaryPaths.connect, args, { timeoutMs });
  if (timedOut)
    return fail(
      port,
      `not over after ${timeoutMs / 1000} s: a call hangs, or the machine is busy; --vv shows where it stands`,
    );
  return judge(port, { exitCode, output });
}

function judge(port: Port, { exitCode, output }: { exitCode: number | null; output: string }): SuiteResult {
  const counts = /^(\d+) passed, (\d+) failed/m.exec(output);
  if (!counts) return fail(port, `the runner gave no counts: ${output.trim().split('\n').slice(-3).join(' / ')}`);
  const [passed, failed] = [Number(counts[1]), Number(counts[2])];
  const failedAsKnown = Number(/^\(Another (\d+) failed as expected/m.exec(output)?.[1] ?? 0);
  const { cases, passing } = bars[port];
  const complaints: string[] = output.match(/^FAILED: .*(?:\n\t.*)*/gm) ?? []; // with the lines below it that say why
  if (passed + failed + failedAsKnown !== cases)
    complaints.push(`${cases} cases were to run, not ${passed + failed + failedAsKnown}`);
  if (passed < passing) complaints.push(`${passed} cases passed, the bar is ${passing}`);
  if (exitCode !== 0) complaints.push(`the runner ended with exit code ${exitCode}`);
  return { suite, port, passed, failed, failedAsKnown, complaints };
}

function fail(port: Port, complaint: string): SuiteResult {
  return { suite, port, passed: 0, failed: bars[port].cases, failedAsKnown: 0, complaints: [complaint] };
}
