/**
 * A reply that is already protobuf: passed on as it is by the gRPC port, decoded by the edge. A handler that assembles
 * stored bytes returns it to spare the trip through objects; the pipeline uses it for every reply it has encoded.
 */
export class EncodedReply {
  readonly bytes: Uint8Array;

  /** @param bytes the serialized reply message of the method */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}
