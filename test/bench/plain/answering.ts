import { type handleUnaryCall, status } from '@grpc/grpc-js';

/** A handler that answers what a promise gives. */
export function answering<Request, Response>(
  answer: (request: Request) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  return async ({ request }, callback) => {
    try {
      callback(null, await answer(request));
    } catch (error) {
      console.error(error);
      callback({ code: status.INTERNAL, message: 'internal error' });
    }
  };
}
