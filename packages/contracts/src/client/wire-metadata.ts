import * as grpc from '@grpc/grpc-js';

/** Headers in any form that `new Headers` takes. */
export type CallHeaders = ConstructorParameters<typeof Headers>[0];

/** What HTTP/2, gRPC or the channel itself set; a caller's value for one of these would break the call. */
const reserved =
  /^(:|grpc-|content-|te$|trailer|transfer-encoding$|connection$|keep-alive$|upgrade$|host$|user-agent$)/;

/** The headers of a call as gRPC metadata. A name that ends in `-bin` carries base64. */
export function toMetadata(...sets: readonly CallHeaders[]): grpc.Metadata {
  const metadata = new grpc.Metadata();
  for (const set of sets) {
    for (const [name, value] of new Headers(set)) {
      if (!reserved.test(name)) setValues(metadata, { name, value });
    }
  }
  return metadata;
}

/** A later set replaces what an earlier one said. */
function setValues(metadata: grpc.Metadata, { name, value }: { name: string; value: string }): void {
  if (!name.endsWith('-bin')) {
    metadata.set(name, value);
    return;
  }
  metadata.remove(name);
  for (const one of value.split(',')) metadata.add(name, Buffer.from(one.trim(), 'base64'));
}

/** gRPC metadata as headers; binary values as base64. */
export function toHeaders(metadata: grpc.Metadata | undefined): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(metadata?.toHttp2Headers() ?? {})) {
    for (const value of [values ?? []].flat()) headers.append(name, String(value));
  }
  return headers;
}
