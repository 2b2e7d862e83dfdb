import { constants } from 'node:http2';
import type { EdgeRequest, EdgeResponse } from './connect-listener.ts';

/** How long a caller may go on sending after its answer is out. */
const drainTimeoutMs = 2000;

/**
 * Sees to it that a request's body is read to its end, though its answer may be out before: too large, an early error.
 * Without this an HTTP/2 stream stays open for ever and its caller waits for its deadline; on HTTP/1.1 the socket is
 * reset, or the next call on it hangs.
 */
export function drainBody(request: EdgeRequest, response: EdgeResponse): void {
  // Leaving a loop over the body must not destroy it, for that resets the stream under the answer.
  request[Symbol.asyncIterator] = () => request.iterator({ destroyOnReturn: false });
  // The 'finish' of an HTTP/2 response comes only at close.
  const answered = 'stream' in response ? response.stream : response;
  answered.once('finish', () => discardRest(request, response));
}

function discardRest(request: EdgeRequest, response: EdgeResponse): void {
  if (request.readableEnded) return;
  request.removeAllListeners('readable');
  request.resume();
  // Not at once: a reset would overtake the answer.
  const timer = setTimeout(() => cutOff(request, response), drainTimeoutMs).unref();
  const stop = () => clearTimeout(timer);
  request.once('end', stop);
  request.once('close', stop);
}

function cutOff(request: EdgeRequest, response: EdgeResponse): void {
  if ('stream' in response) response.stream.close(constants.NGHTTP2_NO_ERROR);
  // Node itself discards what comes on HTTP/1.1, and may leave out the 'end'.
  else if (!request.complete) request.socket.destroy();
}
