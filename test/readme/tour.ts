import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** A command of the README and the answer that is printed below it. */
export interface Step {
  readonly command: string;
  readonly answer: string;
}

/** Every `sh` block of the README that is followed by the answer to it. */
export function readTour(): Step[] {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const blocks = readme.matchAll(/```sh\n(?<command>.*?)\n```\n```(?:json|text)\n(?<answer>.*?)\n```/gs);
  return [...blocks].map(({ groups }) => ({ command: groups?.command ?? '', answer: groups?.answer ?? '' }));
}

/** Where the pair listens, by the addresses that the README names. */
export type Addresses = Readonly<Record<`localhost:${number}`, string>>;

/** Runs a command as a reader would, against this pair, and gives what it printed. */
export function runStep({ command }: Step, addresses: Addresses): Promise<string> {
  const target = addresses[command.includes('import -- users') ? 'localhost:50051' : 'localhost:50052'];
  const here = Object.entries(addresses)
    .reduce((text, [printed, actual]) => text.replaceAll(printed, actual), command)
    .replace(/^npm run -s import.*/, `$& --target ${target}`);
  const PATH = [join(root, 'node_modules/.bin'), process.env.PATH, join(homedir(), 'go/bin')].join(':');
  return new Promise((resolve) => {
    execFile('sh', ['-c', here], { cwd: root, env: { ...process.env, PATH } }, (_, stdout, stderr) =>
      resolve(`${stdout}${stderr}`.trim()),
    );
  });
}

/** An answer without what differs from run to run: ids that the server made, times, page tokens, rates. */
export function settle(answer: string): string {
  return answer
    .trim()
    .replace(/"(?!0193)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"/g, '"ID"')
    .replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"TIME"')
    .replace(/("nextPageToken": ?)"[^"]+"/g, '$1"TOKEN"')
    .replace(/\([\d.]+ s, [\d,]+ rows\/s\)/g, '(RATE)');
}
