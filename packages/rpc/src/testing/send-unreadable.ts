import { fromBinary } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { ErrorInfoSchema, StatusSchema } from '@tandem/contracts/wire';

/** Calls a method of any kind with one message that is none, and gives what the refusal says. */
export async function sendUnreadable(port: number, path: string) {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const passOn = (bytes: Buffer) => bytes;
  const call = client.makeBidiStreamRequest(path, passOn, passOn);
  const refused = Promise.withResolvers<ServiceError>();
  call.once('error', (error) => refused.resolve(error as ServiceError));
  call.on('data', () => refused.reject(new Error('it was answered')));
  call.end(Buffer.from([0x0a, 0x05]));
  try {
    const { code, details, metadata } = await refused.promise;
    const status = fromBinary(StatusSchema, metadata.get('grpc-status-details-bin')[0] as Buffer);
    return { code, details, info: status.details.map((detail) => anyUnpack(detail, ErrorInfoSchema)) };
  } finally {
    client.close();
  }
}
