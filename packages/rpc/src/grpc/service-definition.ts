import { create, type DescMessage, type DescMethod, type DescService, isMessage, toBinary } from '@bufbuild/protobuf';
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { EncodedReply } from '../encoded-reply.ts';
import type { Reply } from '../mounted.ts';
import { asBuffer } from './as-buffer.ts';

/**
 * A service as grpc-js wants it. Requests are passed on as bytes: a codec that throws would answer INTERNAL by itself,
 * without details, so parsing is the pipeline's. Replies that are encoded already are passed on as they are.
 */
export function toServiceDefinition(service: DescService): ServiceDefinition {
  return Object.fromEntries(service.methods.map((method) => [method.localName, toMethodDefinition(method)]));
}

function toMethodDefinition(method: DescMethod): MethodDefinition<Buffer, Reply> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    originalName: method.localName,
    requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
    responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
    requestSerialize: passOn,
    requestDeserialize: passOn,
    responseSerialize: (reply) => asBuffer(encodeReply(method.output, reply)),
    responseDeserialize: (bytes) => new EncodedReply(bytes),
  };
}

function passOn(bytes: Buffer): Buffer {
  return bytes;
}

function encodeReply(desc: DescMessage, reply: Reply): Uint8Array {
  if (reply instanceof EncodedReply) return reply.bytes;
  return toBinary(desc, isMessage(reply, desc) ? reply : create(desc, reply));
}
