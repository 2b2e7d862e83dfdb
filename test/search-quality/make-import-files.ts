/**
 * `npm run collection -- DIR OUT`: turns a test collection for search (DIR/docs.jsonl with id, title, content) into
 * OUT/users.ndjson and OUT/posts.ndjson for `npm run import`. Its authors are generated, and every id follows from the
 * collection's name, so that making the files again makes the same ones.
 */
import { createReadStream, createWriteStream, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { uuidOf } from './uuid-of.ts';

const authorCount = 24;
const givenNames = ['Ada', 'Björn', 'Chidi', 'Dalia', 'Emre', 'Frida', 'Goran', 'Hana'];
const familyNames = ['Okafor', 'Lindqvist', 'Moreau'];

interface Collected {
  id: string;
  title: string;
  content: string;
}

function* makeAuthors(collection: string): Generator<string> {
  for (let index = 0; index < authorCount; index++) {
    const given = givenNames[index % givenNames.length];
    const family = familyNames[Math.floor(index / givenNames.length) % familyNames.length];
    const email = `author${index}@${collection}.example`;
    yield `${JSON.stringify({ id: uuidOf(`${collection} author ${index}`), email, name: `${given} ${family}` })}\n`;
  }
}

async function* makePosts(directory: string, collection: string): AsyncGenerator<string> {
  const lines = createInterface({ input: createReadStream(join(directory, 'docs.jsonl')), crlfDelay: Infinity });
  let index = 0;
  for await (const line of lines) {
    const { id, title, content } = JSON.parse(line) as Collected;
    const post = {
      id: uuidOf(`${collection} post ${id}`),
      author_id: uuidOf(`${collection} author ${index++ % authorCount}`),
      title: withoutControls(title).trim() || `(untitled ${id})`,
      content: withoutControls(content),
      tags: [collection],
      published: true,
    };
    yield `${JSON.stringify(post)}\n`;
  }
}

function withoutControls(text: string): string {
  return text.replace(/\p{Cc}/gu, (control) => (control === '\n' || control === '\t' ? control : ' '));
}

const [directory, target] = process.argv.slice(2);
if (!directory || !target) {
  console.error('usage: npm run collection -- DIR OUT   (DIR has docs.jsonl; OUT gets users.ndjson and posts.ndjson)');
  process.exit(1);
}
const collection = basename(directory);
mkdirSync(target, { recursive: true });
await pipeline(makeAuthors(collection), createWriteStream(join(target, 'users.ndjson')));
await pipeline(makePosts(directory, collection), createWriteStream(join(target, 'posts.ndjson')));
console.log(`${join(target, 'users.ndjson')} and ${join(target, 'posts.ndjson')} are ready for npm run import`);
