import type { PostDocument } from './mongo-post-document.ts';

/** What of a post is read to judge whether and how well it matches; the last three only where they are looked at. */
export interface CandidateDocument {
  _id: string;
  language: string;
  /** Lies where the database's reply does. Undefined: the post is not indexed. */
  vector?: Uint8Array;
  author_id?: string;
  /** Milliseconds; null: it has none. */
  create_time?: number | null;
  publish_time?: number | null;
}

/** The fields of a `CandidateDocument` but for `_id`. */
export type CandidateProjection = Partial<Record<keyof CandidateDocument & keyof PostDocument, 1>>;

/** The types of BSON that candidates have (https://bsonspec.org/spec.html). */
const types = { string: 0x02, binary: 0x05, date: 0x09, null: 0x0a } as const;
const sizeBytes = 4;

type Name = keyof CandidateDocument;

/** The names of the fields by their first letters. */
const names = new Map<number | undefined, Name>(
  (['_id', 'language', 'vector', 'author_id', 'create_time', 'publish_time'] as const).map((name) => [
    name.charCodeAt(0),
    name,
  ]),
);

/** Reads the document of a candidate where it lies: for a page of ten hits hundreds are judged. */
export function readCandidate(bytes: Buffer): CandidateDocument {
  const document: CandidateDocument = { _id: '', language: '' };
  const end = bytes.length - 1;
  for (let at = sizeBytes; at < end; ) {
    const name = readName(bytes, at + 1);
    at = readValue(document, bytes, name, at);
  }
  return document;
}

function readName(bytes: Buffer, start: number): Name {
  const name = names.get(bytes[start]);
  if (name !== undefined && bytes[start + name.length] === 0) return name;
  const written = bytes.toString('utf8', start, bytes.indexOf(0, start));
  throw new Error(`A post's document has the field ${written}, which no candidate has.`);
}

/** Reads a field that begins with its type and its name; answers where it ends. */
function readValue(document: CandidateDocument, bytes: Buffer, name: Name, at: number): number {
  const type = bytes[at];
  const start = at + name.length + 2;
  if (type === types.string && (name === '_id' || name === 'language' || name === 'author_id')) {
    const end = start + sizeBytes + bytes.readInt32LE(start);
    document[name] = readText(bytes, start + sizeBytes, end - 1);
    return end;
  }
  if (type === types.binary && name === 'vector') {
    const begin = start + sizeBytes + 1;
    const end = begin + bytes.readInt32LE(start);
    document[name] = bytes.subarray(begin, end);
    return end;
  }
  if (type === types.date && (name === 'create_time' || name === 'publish_time')) {
    document[name] = Number(bytes.readBigInt64LE(start));
    return start + 8;
  }
  if (type === types.null && (name === 'create_time' || name === 'publish_time')) {
    document[name] = null;
    return start;
  }
  throw new Error(`A post's document has ${name} of the BSON type ${type}, which no candidate has.`);
}

/** The two letters of a language are no work for a decoder. */
function readText(bytes: Buffer, start: number, end: number): string {
  if (end - start !== 2) return bytes.toString('utf8', start, end);
  const [first, second] = [bytes.readUInt8(start), bytes.readUInt8(start + 1)];
  return (first | second) < 0x80 ? String.fromCharCode(first, second) : bytes.toString('utf8', start, end);
}
