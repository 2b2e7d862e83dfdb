import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';

/** A port in front of another, on which a test makes the network fail. */
export interface TcpProxy extends AsyncDisposable {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Connections that are open through it now. */
  readonly connections: number;
  /** Resets all open connections. New ones are served as before. */
  cut(): void;
  /** Resets all open connections, and every new one at once, until `resume`. */
  refuse(): void;
  /** Lets connections open and bytes in, but none through, in either direction, until `resume`. Nothing is lost. */
  blackhole(): void;
  /**
   * Lets connections open and bytes in, and throws away what the other port sends back, until `resume`: a call arrives and
   * takes effect, and its answer is lost. What was thrown away stays lost, so `cut` comes before `resume`.
   */
  loseReplies(): void;
  /** Ends `refuse`, `blackhole` and `loseReplies`; bytes that a black hole held back go on. */
  resume(): void;
  /** Delays bytes in each direction by this much from now on. */
  setLatency(latencyMs: number): void;
}

/**
 * Starts a TCP proxy in front of a port of this machine.
 *
 * @param options.targetHost default `127.0.0.1`
 * @param options.latencyMs delay in each direction; default none
 */
export async function startTcpProxy(options: {
  targetPort: number;
  targetHost?: string;
  latencyMs?: number;
}): Promise<TcpProxy> {
  const proxy = new RunningTcpProxy(options);
  await proxy.listen();
  return proxy;
}

type Mode = 'pass' | 'refuse' | 'blackhole' | 'loseReplies';

class RunningTcpProxy implements TcpProxy {
  readonly #target: { host: string; port: number };
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #mode: Mode = 'pass';
  #resumed = Promise.withResolvers<void>();
  #latencyMs: number;

  constructor({ targetPort, targetHost = '127.0.0.1', latencyMs = 0 }: Parameters<typeof startTcpProxy>[0]) {
    this.#target = { host: targetHost, port: targetPort };
    this.#latencyMs = latencyMs;
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => this.#accept(client));
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy does not listen any more.');
    return address.port;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  cut(): void {
    for (const pair of this.#pairs) reset(pair);
  }

  refuse(): void {
    this.#mode = 'refuse';
    this.cut();
  }

  blackhole(): void {
    this.#mode = 'blackhole';
    for (const side of this.#sides()) side.pause();
  }

  loseReplies(): void {
    this.#mode = 'loseReplies';
  }

  resume(): void {
    this.#mode = 'pass';
    for (const side of this.#sides()) side.resume();
    this.#resumed.resolve();
    this.#resumed = Promise.withResolvers();
  }

  setLatency(latencyMs: number): void {
    this.#latencyMs = latencyMs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.cut();
    await once(this.#server, 'close');
  }

  #sides(): Socket[] {
    return [...this.#pairs].flat();
  }

  #accept(client: Socket): void {
    if (this.#mode === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const pair = [client, createConnection({ ...this.#target, allowHalfOpen: true })] as const;
    const [, target] = pair;
    this.#pairs.add(pair);
    for (const side of pair) {
      side.setNoDelay(true);
      side.on('error', () => reset(pair));
      side.on('close', () => {
        if (pair.every((one) => one.destroyed)) this.#pairs.delete(pair);
      });
    }
    this.#forward(client, target);
    this.#forward(target, client, { areReplies: true });
    if (this.#mode === 'blackhole') target.pause();
    else client.resume();
  }

  /** In order also when the latency shrinks: nothing overtakes what is under way. */
  #forward(from: Socket, to: Socket, { areReplies = false } = {}): void {
    let underWay: Promise<void> = Promise.resolve();
    const send = (deliver: () => void) => {
      const write = () => {
        if (!areReplies || this.#mode !== 'loseReplies') deliver();
      };
      const arrived = wait(this.#latencyMs);
      underWay = underWay
        .then(() => arrived)
        .then(() => this.#whenPassing())
        .then(write);
    };
    from.on('data', (chunk) => send(() => this.#passOn(chunk, { from, to })));
    from.on('end', () => send(() => to.end()));
  }

  /** What was read before the black hole opened stays in it too. */
  async #whenPassing(): Promise<void> {
    while (this.#mode === 'blackhole') await this.#resumed.promise;
  }

  #passOn(chunk: Buffer, { from, to }: { from: Socket; to: Socket }): void {
    if (to.destroyed || to.write(chunk) || from.isPaused()) return;
    from.pause();
    to.once('drain', () => {
      if (this.#mode === 'pass') from.resume();
    });
  }
}

async function wait(latencyMs: number): Promise<void> {
  if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs));
}

function reset(pair: readonly [Socket, Socket]): void {
  for (const side of pair) if (!side.destroyed) side.resetAndDestroy();
}
