import type { OutgoingHttpHeaders } from 'node:http';
import { Metadata } from '@grpc/grpc-js';

/**
 * Metadata whose binary values go out unpadded, as the gRPC specification asks of servers; grpc-js pads them. Clones
 * are of the same kind, for grpc-js clones trailers before it sends them.
 */
export class WireMetadata extends Metadata {
  override clone(): WireMetadata {
    const copy = new WireMetadata(this.getOptions());
    copy.merge(this);
    return copy;
  }

  override toHttp2Headers(): ReturnType<Metadata['toHttp2Headers']> {
    const headers = super.toHttp2Headers();
    for (const name in headers) {
      if (name.endsWith('-bin')) headers[name] = unpadAll(headers[name]);
    }
    return headers;
  }
}

function unpadAll(values: OutgoingHttpHeaders[string]): string | string[] {
  return Array.isArray(values) ? values.map(unpad) : unpad(String(values));
}

function unpad(base64: string): string {
  return base64.replace(/=+$/, '');
}

/** Names that belong to the protocol or to the connection: a handler that passes a peer's headers on must not set them. */
const reserved =
  /^(?::|grpc-|connect-|content-|te$|trailer|transfer-encoding$|connection$|keep-alive$|proxy-|upgrade$|host$|date$|accept|user-agent$)/;

/**
 * Adds headers to metadata. Reserved names and values that the wire cannot carry are left out rather than thrown on:
 * this runs where errors are reported.
 */
export function addHeaders(metadata: Metadata, headers: Headers): void {
  for (const [name, value] of headers) {
    if (reserved.test(name)) continue;
    // Headers joins repeated values by commas, which base64 does not have.
    if (name.endsWith('-bin'))
      for (const one of value.split(',')) metadata.add(name, Buffer.from(one.trim(), 'base64'));
    else if (/^[ -~]*$/.test(value)) metadata.add(name, value);
  }
}

/** Headers as metadata that goes out. */
export function toWireMetadata(headers: Headers): WireMetadata {
  const metadata = new WireMetadata();
  addHeaders(metadata, headers);
  return metadata;
}

/** Metadata that came in as headers; binary values as base64. */
export function toHeaders(metadata: Metadata): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(metadata.toHttp2Headers())) {
    for (const value of Array.isArray(values) ? values : [values]) headers.append(name, String(value));
  }
  return headers;
}
