import { create, toBinary } from '@bufbuild/protobuf';
import { type Any, AnySchema, anyPack } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import type { StatusObject } from '@grpc/grpc-js';
import { StatusSchema } from '@tandem/contracts/wire';
import { asBuffer } from './as-buffer.ts';
import { addHeaders, WireMetadata } from './wire-metadata.ts';

/**
 * An error as the status that grpc-js sends, its details as `google.rpc.Status` in `grpc-status-details-bin`. Never
 * throws on what an error may hold. What is no ConnectError answers INTERNAL without its text.
 *
 * @param trailers sent beside the error's own metadata
 */
export function toStatusObject(error: unknown, trailers?: Headers): StatusObject {
  const known = error instanceof ConnectError ? error : new ConnectError('internal error', Code.Internal);
  const message = known.rawMessage.toWellFormed();
  const metadata = new WireMetadata();
  if (trailers) addHeaders(metadata, trailers);
  // The metadata of an error that came from a peer are all of that peer's headers.
  if (!known.isWireError) addHeaders(metadata, known.metadata);
  if (known.details.length > 0) {
    const status = create(StatusSchema, { code: known.code, message, details: known.details.map(toAny) });
    metadata.set('grpc-status-details-bin', asBuffer(toBinary(StatusSchema, status)));
  }
  return { code: known.code as number, details: message, metadata };
}

function toAny(detail: ConnectError['details'][number]): Any {
  if ('desc' in detail) return anyPack(detail.desc, create(detail.desc, detail.value));
  return create(AnySchema, { typeUrl: `type.googleapis.com/${detail.type}`, value: detail.value });
}
