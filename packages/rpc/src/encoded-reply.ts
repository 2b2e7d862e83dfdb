/** A reply that is there as protobuf bytes: the gRPC port passes them on as they are, the edge decodes them. */
export class EncodedReply {
  /** The encoded reply message. */
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}
