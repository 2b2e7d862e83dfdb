import { create, fromBinary, type Message } from '@bufbuild/protobuf';
import { type Any, anyPack, anyUnpack } from '@bufbuild/protobuf/wkt';
import { ConnectError } from '@connectrpc/connect';
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema, type Status, StatusSchema } from '@tandem/contracts/wire';
import { cutText } from './cut-text.ts';
import { type FieldViolation, REASON_RULES, type TandemError } from './errors.ts';

/** Trailers must stay under 8 KiB with the status in them as base64 and its message beside it, percent-encoded. */
const MESSAGE_BYTES = 400;
const METADATA_BYTES = 600;
const VIOLATIONS_BYTES = 3000;
const MAX_VIOLATIONS = 20;
const DETAILS = [ErrorInfoSchema, BadRequestSchema, RetryInfoSchema];

/**
 * A refusal as `google.rpc.Status`: ErrorInfo always; BadRequest (the first 20 violations) where fields are at fault;
 * RetryInfo where a retry makes sense. Long texts are cut.
 *
 * @param domain the service's error domain, as `users.tandem`
 */
export function toStatus(error: TandemError, domain: string): Status {
  const { reason, violations, retryAfterMs } = error;
  const details = [anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason, domain, metadata: cutMetadata(error) }))];
  if (violations.length > 0) {
    details.push(anyPack(BadRequestSchema, create(BadRequestSchema, { fieldViolations: cutViolations(violations) })));
  }
  if (retryAfterMs !== undefined) {
    details.push(anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay: toDuration(retryAfterMs) })));
  }
  return create(StatusSchema, { code: REASON_RULES[reason].code, message: toMessage(error), details });
}

/** A status that was stored as bytes. */
export function readStatus(bytes: Uint8Array): Status {
  return fromBinary(StatusSchema, bytes);
}

/** The `ErrorInfo.reason` of a status; `INTERNAL` where it has none. */
export function readReason(status: Status): string {
  for (const detail of status.details) {
    const info = anyUnpack(detail, ErrorInfoSchema);
    if (info !== undefined) return info.reason;
  }
  return 'INTERNAL';
}

/** A status as the error that both ports send, with all its details. */
export function toConnectError(status: Status): ConnectError {
  const error = new ConnectError(status.message, status.code);
  error.details = status.details.map(toDetail);
  return error;
}

function toDetail(any: Any): ConnectError['details'][number] {
  for (const desc of DETAILS) {
    const value: Message | undefined = anyUnpack(any, desc);
    if (value !== undefined) return { desc, value: value as unknown as Record<string, unknown> };
  }
  return { type: any.typeUrl.slice(any.typeUrl.lastIndexOf('/') + 1), value: any.value };
}

function toMessage({ message, violations }: TandemError): string {
  const untold = violations.length - MAX_VIOLATIONS;
  if (untold <= 0) return cutText(message, MESSAGE_BYTES);
  const note = ` (${violations.length} violations; the first ${MAX_VIOLATIONS} are listed)`;
  return cutText(message, MESSAGE_BYTES - Buffer.byteLength(note)) + note;
}

function cutViolations(violations: readonly FieldViolation[]): FieldViolation[] {
  const told = violations.slice(0, MAX_VIOLATIONS);
  const share = Math.floor(VIOLATIONS_BYTES / told.length);
  return told.map(({ field, description }) => {
    const path = cutText(field, Math.ceil(share * 0.6));
    return { field: path, description: cutText(description, share - Buffer.byteLength(path)) };
  });
}

function cutMetadata({ metadata }: TandemError): Record<string, string> {
  const entries = Object.entries(metadata);
  const share = Math.floor(METADATA_BYTES / Math.max(entries.length, 1));
  return Object.fromEntries(
    entries.map(([key, value]) => [key, cutText(value, Math.max(share - Buffer.byteLength(key), 8))]),
  );
}

function toDuration(ms: number): { seconds: bigint; nanos: number } {
  return { seconds: BigInt(Math.floor(ms / 1000)), nanos: Math.round(ms % 1000) * 1_000_000 };
}
