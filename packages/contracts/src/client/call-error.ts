import { fromBinary } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import type * as grpc from '@grpc/grpc-js';
import { StatusSchema } from '../gen/google/rpc/status_pb.js';
import { toHeaders } from './wire-metadata.ts';

const detailsKey = 'grpc-status-details-bin';

/**
 * A status that is not OK as the error that Connect's clients throw: its details are found by `findDetails`, and its
 * metadata are headers and trailers together.
 */
export function toConnectError(
  status: Pick<grpc.StatusObject, 'code' | 'details' | 'metadata'>,
  header: grpc.Metadata | undefined,
): ConnectError {
  const code = status.code in Code ? (status.code as number as Code) : Code.Unknown;
  const error = new ConnectError(status.details, code, toHeaders(joinMetadata(header, status.metadata)));
  error.details = readDetails(status.metadata);
  // Marked as received, so that a server that lets it pass does not hand a peer's metadata to its own caller.
  error.isWireError = true;
  return error;
}

/** Why the caller ended the call. A signal's reason that is a Connect error stands as it is. */
export function toCancelError(signal: AbortSignal): ConnectError {
  if (signal.reason instanceof ConnectError) return signal.reason;
  return new ConnectError('the caller cancelled the call', Code.Canceled, undefined, undefined, signal.reason);
}

function joinMetadata(header: grpc.Metadata | undefined, trailer: grpc.Metadata): grpc.Metadata {
  const joined = trailer.clone();
  joined.remove(detailsKey);
  if (header) joined.merge(header);
  return joined;
}

function readDetails(metadata: grpc.Metadata): ConnectError['details'] {
  const [bytes] = metadata.get(detailsKey);
  if (!(bytes instanceof Buffer)) return [];
  try {
    const { details } = fromBinary(StatusSchema, bytes);
    return details.map(({ typeUrl, value }) => ({ type: typeUrl.slice(typeUrl.lastIndexOf('/') + 1), value }));
  } catch {
    return []; // The status itself still tells the code and the message.
  }
}
