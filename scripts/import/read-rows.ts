import { readLines } from './read-lines.ts';

/** A row to send. */
export interface Row<R> {
  /** Its line in the file, from 1. */
  readonly line: number;
  /** Its number in the file, from 0; blank lines do not count. */
  readonly row: number;
  readonly message: R;
  /** Its size on the wire. */
  readonly bytes: number;
}

/** A row that was refused, here or by the service. */
export interface BadRow {
  readonly line: number;
  readonly row: number;
  /** A name of the service's `ErrorReason` without its prefix. */
  readonly reason: string;
  readonly message: string;
}

export interface RowFormat<R> {
  /** Makes a row of a line's JSON; throws what is wrong with it. */
  parse(json: string, row: number): Promise<R>;
  sizeOf(message: R): number;
  readonly maxLineBytes: number;
  readonly maxRowBytes: number;
}

const text = new TextDecoder('utf-8', { fatal: true });

/** Reads rows, one JSON object a line. What cannot be read is a bad row, never the end. A BOM, CR LF and blank lines do no harm. */
export async function* readRows<R>(
  content: AsyncIterable<Uint8Array>,
  format: RowFormat<R>,
): AsyncGenerator<Row<R> | BadRow> {
  let row = 0;
  for await (const { number: line, bytes } of readLines(content, format.maxLineBytes)) {
    const place = { line, row };
    if (!bytes) yield refuse(place, `the line is longer than ${format.maxLineBytes} bytes`);
    else if (isBlank(bytes)) continue;
    else yield await readRow(bytes, format, place);
    row += 1;
  }
}

export function isBad<R>(row: Row<R> | BadRow): row is BadRow {
  return 'reason' in row;
}

interface Place {
  readonly line: number;
  readonly row: number;
}

async function readRow<R>(bytes: Buffer, format: RowFormat<R>, place: Place): Promise<Row<R> | BadRow> {
  try {
    const message = await format.parse(text.decode(bytes), place.row);
    const size = format.sizeOf(message);
    if (size <= format.maxRowBytes) return { ...place, message, bytes: size };
    return refuse(place, `the row takes ${size} bytes, more than the ${format.maxRowBytes} of a message`);
  } catch (error) {
    return refuse(place, describeParseError(error));
  }
}

function refuse(place: Place, message: string): BadRow {
  return { ...place, reason: 'REQUEST_UNREADABLE', message };
}

/** A byte order mark counts as blank. */
function isBlank(bytes: Buffer): boolean {
  const [first = 0] = bytes;
  return (first <= 0x20 || first === 0xef) && bytes.toString('utf8').trim() === '';
}

function describeParseError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ((error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
    return 'the line is not valid UTF-8';
  const { cause = error } = error;
  // The engine counts lines within the row's own text.
  const message =
    cause instanceof SyntaxError
      ? `the line is not valid JSON: ${cause.message.replace(/ \(line \d+ column \d+\)$/, '')}`
      : error.message;
  return message.length > 200 ? `${message.slice(0, 200)}…` : message;
}
