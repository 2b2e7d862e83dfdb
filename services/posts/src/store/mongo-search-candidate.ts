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

/** Reads the document of a candidate where it lies: for a page of ten hits hundreds are judged. */
export function readCandidate(bytes: Buffer): CandidateDocument {
  const document: CandidateDocument = { _id: '', language: '' };
  for (let at = sizeBytes; at < bytes.length - 1; ) {
    const nameEnd = bytes.indexOf(0, at + 1);
    const name = bytes.toString('latin1', at + 1, nameEnd);
    at = readValue(document, { bytes, type: bytes[at], name, start: nameEnd + 1 });
  }
  return document;
}

interface Value {
  readonly bytes: Buffer;
  readonly type: number | undefined;
  readonly name: string;
  readonly start: number;
}

/** Where the value ends. */
function readValue(document: CandidateDocument, { bytes, type, name, start }: Value): number {
  const isTime = name === 'create_time' || name === 'publish_time';
  if (type === types.string && (name === '_id' || name === 'language' || name === 'author_id')) {
    const end = start + sizeBytes + bytes.readInt32LE(start);
    document[name] = bytes.toString('utf8', start + sizeBytes, end - 1);
    return end;
  }
  if (type === types.binary && name === 'vector') {
    const begin = start + sizeBytes + 1;
    const end = begin + bytes.readInt32LE(start);
    document[name] = bytes.subarray(begin, end);
    return end;
  }
  if (type === types.date && isTime) {
    document[name] = Number(bytes.readBigInt64LE(start));
    return start + 8;
  }
  if (type === types.null && isTime) {
    document[name] = null;
    return start;
  }
  throw new Error(`A post's document has ${name} of the BSON type ${type}, which no candidate has.`);
}
