import { create, toBinary } from '@bufbuild/protobuf';
import { GetUserRequestSchema } from '@tandem/contracts/users';
import { callUnary, frameMessage } from '../../bench/load/call-unary.ts';
import { closeAll } from '../../bench/load/drive.ts';
import { listHeaders, openSession } from '../../bench/load/open-session.ts';
import { GET_USER_PATH } from '../../bench/workloads/get-user-request.ts';
import type { RunningService } from '../../pair/start-service.ts';

/** Many callers of one process. */
export interface Herd extends Disposable {
  /** Has them all ask for one user. @returns what was wrong with the answers */
  readUser(id: string): Promise<string[]>;
}

const connections = 5;

/** @param size how many calls they make at once */
export async function openHerd({ grpc }: Pick<RunningService, 'grpc'>, size: number): Promise<Herd> {
  const port = Number(grpc.split(':').at(-1));
  const sessions = await Promise.all(Array.from({ length: connections }, () => openSession(port)));
  const headers = [...listHeaders({ path: GET_USER_PATH, port }), 'grpc-timeout', '60S'];
  return {
    async readUser(id) {
      const frame = frameMessage(toBinary(GetUserRequestSchema, create(GetUserRequestSchema, { id })));
      const calls = Array.from({ length: size / connections }, () =>
        sessions.map((session) => callUnary(session, { headers, frame, keepMessage: false })),
      );
      return (await Promise.all(calls.flat())).flatMap(({ failure }) => failure ?? []);
    },
    [Symbol.dispose]: () => closeAll(sessions),
  };
}
