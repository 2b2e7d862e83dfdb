import { create, toBinary } from '@bufbuild/protobuf';
import { Server, ServerCredentials, type ServiceDefinition, type UntypedHandleCall } from '@grpc/grpc-js';
import { UserSchema } from '@tandem/contracts/users';
import { GET_USER_PATH } from '../workloads/get-user-request.ts';
import { announce } from './announce.ts';
import { ECHO_USER } from './echo-user.ts';

/** `id` is the first field of the request and of the user: its tag, its length, and 36 characters. */
const ID_FIELD_BYTES = 38;
const USER_TAG = 0x0a;

const { isActive, email, name, etag, points, seconds } = ECHO_USER;
const time = { seconds: BigInt(seconds) };
const rest = toBinary(
  UserSchema,
  create(UserSchema, { email, name, isActive, points: BigInt(points), createTime: time, updateTime: time, etag }),
);
const head = Buffer.from([USER_TAG, ID_FIELD_BYTES + rest.length]);

const passOn = (bytes: Buffer): Buffer => bytes;
const service: ServiceDefinition = {
  getUser: {
    path: GET_USER_PATH,
    requestStream: false,
    responseStream: false,
    requestSerialize: passOn,
    requestDeserialize: passOn,
    responseSerialize: passOn,
    responseDeserialize: passOn,
  },
};
const getUser: UntypedHandleCall = ({ request }: { request: Buffer }, callback: (error: null, reply: Buffer) => void) =>
  callback(null, Buffer.concat([head, request.subarray(0, ID_FIELD_BYTES), rest]));

const server = new Server();
server.addService(service, { getUser });
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  announce({ name: 'bare echo', port });
});
