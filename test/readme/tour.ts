import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** A command of a page and the answer that is printed below it. */
export interface Step {
  readonly command: string;
  readonly answer: string;
}

/** Every `sh` block of a page that is followed by the answer to it. */
export function readTour(page: string): Step[] {
  const text = readFileSync(join(root, page), 'utf8');
  const blocks = text.matchAll(/```sh\n(?<command>.*?)\n```\n```(?:json|text)\n(?<answer>.*?)\n```/gs);
  return [...blocks].map(({ groups }) => ({ command: groups?.command ?? '', answer: groups?.answer ?? '' }));
}

/** Where the pair listens, by the addresses that the pages name. */
export type Addresses = Readonly<Record<`localhost:${number}`, string>>;

/**
 * Runs the commands of a page one after another as a reader would, against this pair, and gives what each printed. What
 * the server made up (an id, a token) is taken from its own answers where a later command names the printed one.
 */
export function createReader(addresses: Addresses): (step: Step) => Promise<string> {
  const own = new Map<string, string>();
  return async ({ command, answer }) => {
    const printed = await runCommand(replaceAll(command, own), addresses);
    for (const [theirs, ours] of pairMadeUp(answer, printed)) own.set(theirs, ours);
    return printed;
  };
}

function runCommand(command: string, addresses: Addresses): Promise<string> {
  const target = addresses[command.includes('import -- users') ? 'localhost:50051' : 'localhost:50052'];
  const here = replaceAll(command, Object.entries(addresses)).replace(/^npm run -s import.*/, `$& --target ${target}`);
  const PATH = [join(root, 'node_modules/.bin'), process.env.PATH, join(homedir(), 'go/bin')].join(':');
  return new Promise((resolve) => {
    execFile('sh', ['-c', here], { cwd: root, env: { ...process.env, PATH } }, (_, stdout, stderr) =>
      resolve(`${stdout}${stderr}`.trim()),
    );
  });
}

function replaceAll(text: string, replacements: Iterable<readonly [string, string]>): string {
  let replaced = text;
  for (const [from, to] of replacements) replaced = replaced.replaceAll(from, () => to);
  return replaced;
}

/** What the server makes up and a later call may name: ids (0193… are the pages' own), page tokens, cursors, session tokens. */
const madeUp = [
  /(?<=")(?!0193|00000000)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=")/g,
  /(?<="(?:nextPageToken|cursor|token)": ?")[^"]+(?=")/g,
];

/** An answer without what differs from run to run: what the server made up, times, rates, scores (they follow figures that are kept in the background). */
export function settle(answer: string): string {
  return madeUp
    .reduce((text, pattern) => text.replace(pattern, 'MADE UP'), answer.trim())
    .replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"TIME"')
    .replace(/"score":( ?)[\d.]+/g, '"score":$1SCORE')
    .replace(/\([\d.]+ s, [\d,]+ rows\/s\)/g, '(RATE)');
}

/** What the server made up in the printed answer, each with its counterpart in this one. */
function pairMadeUp(printed: string, actual: string): [string, string][] {
  return madeUp.flatMap((pattern) => {
    const theirs = printed.match(pattern) ?? [];
    const ours = actual.match(pattern) ?? [];
    return theirs.length === ours.length ? theirs.map((one, n): [string, string] => [one, ours[n] ?? one]) : [];
  });
}
