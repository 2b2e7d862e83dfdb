import { create, type DescMessage, type DescMethod, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import * as grpc from '@grpc/grpc-js';

/** An answer as it came over the wire: the bytes of the reply, or of the google.rpc.Status. */
export type RawAnswer = { readonly reply: string } | { readonly status: string; readonly code: number };

/** A caller that keeps answers as bytes, in hex. */
export interface RawCaller extends Disposable {
  call<I extends DescMessage>(method: DescMethod & { input: I }, request: MessageInitShape<I>): Promise<RawAnswer>;
  send(path: string, bytes: Uint8Array): Promise<RawAnswer>;
}

export function createRawGrpcCaller(target: string): RawCaller {
  const client = new grpc.Client(target, grpc.credentials.createInsecure(), {
    'grpc.max_send_message_length': -1,
    'grpc.max_receive_message_length': -1,
  });
  const same = (bytes: Buffer) => bytes;
  const send = (path: string, bytes: Uint8Array) =>
    new Promise<RawAnswer>((resolve) => {
      client.makeUnaryRequest(
        path,
        same,
        same,
        Buffer.from(bytes),
        new grpc.Metadata(),
        { deadline: Date.now() + 20_000 },
        (error, reply) => {
          if (!error) return resolve({ reply: (reply as Buffer).toString('hex') });
          const [details] = error.metadata.get('grpc-status-details-bin');
          resolve({ status: details ? Buffer.from(details as Buffer).toString('hex') : '', code: error.code });
        },
      );
    });
  return { ...callsOver(send), send, [Symbol.dispose]: () => client.close() };
}

/** By gRPC-Web, whose errors carry the same google.rpc.Status as gRPC's. */
export function createRawEdgeCaller(edge: string): RawCaller {
  const send = async (path: string, bytes: Uint8Array): Promise<RawAnswer> => {
    const response = await fetch(edge + path, {
      method: 'POST',
      headers: { 'content-type': 'application/grpc-web+proto', 'x-grpc-web': '1' },
      body: frame(bytes),
      signal: AbortSignal.timeout(20_000),
    });
    return readGrpcWeb(response);
  };
  return { ...callsOver(send), send, [Symbol.dispose]() {} };
}

function callsOver(send: RawCaller['send']): Pick<RawCaller, 'call'> {
  return {
    call: (method, request) =>
      send(`/${method.parent.typeName}/${method.name}`, toBinary(method.input, create(method.input, request))),
  };
}

function frame(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const framed = new Uint8Array(5 + bytes.length);
  new DataView(framed.buffer).setUint32(1, bytes.length);
  framed.set(bytes, 5);
  return framed;
}

/** gRPC-Web carries the trailers as a last frame, so that both ports can be compared byte by byte. */
async function readGrpcWeb(response: Response): Promise<RawAnswer> {
  const body = Buffer.from(await response.arrayBuffer());
  let reply = '';
  let trailers = [...response.headers].map(([name, value]) => `${name}: ${value}`);
  for (let at = 0; at + 5 <= body.length; at += 5 + body.readUInt32BE(at + 1)) {
    const content = body.subarray(at + 5, at + 5 + body.readUInt32BE(at + 1));
    if ((body.readUInt8(at) & 0x80) === 0) reply = content.toString('hex');
    else trailers = content.toString('latin1').trim().split('\r\n');
  }
  const found = new Map(
    trailers.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  // Without a status of its own, a 404 is UNIMPLEMENTED to every gRPC client.
  const code = Number(found.get('grpc-status') ?? (response.status === 404 ? 12 : Number.NaN));
  if (code === 0) return { reply };
  return { status: Buffer.from(found.get('grpc-status-details-bin') ?? '', 'base64').toString('hex'), code };
}
