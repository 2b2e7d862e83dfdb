/**
 * Cases of the suite "gRPC Unexpected Requests" that grpc-js's own server fails; it has no hook for them. One that
 * passes, or any other that fails, fails the run: the list is exact.
 */
export const knownFailing = {
  grpc: [
    'client-stream/incomplete-message',
    'client-stream/incomplete-message-prefix',
    'unexpected-codec',
    'unexpected-compressed-message',
    'unexpected-compression',
    'unexpected-verb',
  ].map((name) => `gRPC Unexpected Requests/**/${name}`),
  edge: [],
} as const;

/** How many cases each port has, and how many of them pass. */
export const bars = {
  grpc: { cases: 747, passing: 735 },
  edge: { cases: 5286, passing: 5286 },
} as const;

/** Those of grpc-go's interop client that need neither cloud credentials nor load reports. */
export const interopCases = [
  'empty_unary',
  'large_unary',
  'client_streaming',
  'server_streaming',
  'ping_pong',
  'empty_stream',
  'timeout_on_sleeping_server',
  'cancel_after_begin',
  'cancel_after_first_response',
  'status_code_and_message',
  'special_status_message',
  'custom_metadata',
  'unimplemented_method',
  'unimplemented_service',
  'pick_first_unary',
  'rpc_soak',
  'channel_soak',
] as const;

/** A port under test. */
export type Port = keyof typeof bars;
