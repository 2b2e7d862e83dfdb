import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type { Server } from '@grpc/grpc-js';
import { readImage } from '@tandem/contracts';
import { Health } from '@tandem/contracts/wire';
import type { Registry as MetricsRegistry } from 'prom-client';
import { type Access, openAccess } from './access.ts';
import { type Admission, createAdmission, DEFAULT_IN_FLIGHT_LIMITS, type InFlightLimits } from './admission.ts';
import { createCallMetrics } from './call-metrics.ts';
import { compose } from './compose.ts';
import { drainServer } from './drain-server.ts';
import { createEdge, type Edge } from './edge/create-edge.ts';
import { MAX_MESSAGE_BYTES } from './encode-reply.ts';
import type { TandemError } from './errors.ts';
import { createGrpcServer } from './grpc/create-grpc-server.ts';
import { createHealth } from './grpc/health.ts';
import { createHealthState, type HealthState } from './grpc/health-state.ts';
import { mountGrpc } from './grpc/mount-grpc.ts';
import { createReflection, type ReflectionOptions } from './grpc/reflection.ts';
import type { BoundService } from './handler.ts';
import type { IdempotencyRecords } from './idempotency.ts';
import { Interruption } from './interruption.ts';
import { formatAddress, isLoopback, type ListenAddress } from './listen-address.ts';
import { listenGrpc } from './listen-grpc.ts';
import { createLiveCalls } from './live-calls.ts';
import type { Logger } from './logger.ts';
import type { MountedService } from './mounted.ts';
import type { SecretDigest } from './mutation-claim.ts';
import { once } from './once.ts';
import { createOpenAnswers, type OpenAnswers } from './open-answers.ts';
import type { Pipeline } from './pipeline.ts';
import { type Probe, watchStore } from './watch-store.ts';
import { shareMetrics } from './workers/serve-metrics.ts';

/** Long for whoever writes each message away before he reads the next; his place is one of few. */
const DEFAULT_READER_PAUSE_MS = 60_000;
/** JSON takes more room than protobuf for the same message. */
const MAX_JSON_BYTES = 16 * 1024 * 1024;

/** What a server is made of. */
export interface ServerOptions {
  /** Names the error domain (`users.tandem`), and itself in messages. */
  readonly name: 'users' | 'posts';
  readonly services: readonly BoundService[];
  readonly listen: ListenAddress;
  readonly edgeListen: ListenAddress;
  /** `open`: every caller may do everything; only where both ports are on loopback. */
  readonly authMode: 'open';
  /** Who calls, and who may call what. Default: what `authMode` says. */
  readonly access?: Access;
  /** Needed where a method with a handler takes a `request_id`. */
  readonly records?: IdempotencyRecords;
  /** Needed where such a method takes secrets too. */
  readonly secretDigest?: SecretDigest;
  /** Asks the service's own database; asked at once and then every second. */
  readonly probe: Probe;
  readonly log: Logger;
  /** How long a drain waits for calls in flight, in milliseconds. */
  readonly shutdownGraceMs: number;
  readonly limits?: Partial<Limits>;
}

/** What keeps a server from taking on too much. */
export interface Limits {
  /** Calls in flight at once, by cost class; what is left out keeps its default. */
  readonly inFlight: Partial<InFlightLimits>;
  /** How long the reader of a server stream may leave a message unread, in milliseconds. Default 60 s. */
  readonly maxReaderPauseMs: number;
}

/** A server that serves. Disposing it drains it, if that has not been done. */
export interface RunningServer extends AsyncDisposable {
  /** Where the gRPC port listens. */
  readonly grpc: ListenAddress;
  /** Where the edge port listens. */
  readonly edge: ListenAddress;
  /** What `/metrics` shows; a service may add metrics of its own. */
  readonly metrics: MetricsRegistry;
  /**
   * Says NOT_SERVING, takes no more calls, lets those in flight be answered within the grace, ends what is left, closes
   * both ports. Server streams are ended at once, client streams after what they have taken in. Resolves when no handler
   * runs any more and its stores may be closed. A second call waits for the same drain.
   */
  drain(): Promise<void>;
}

/**
 * Starts both ports over the same handlers, with health, reflection, `/healthz` and `/metrics`.
 *
 * @throws Error of one clear line, with nothing left listening: a method without a policy, handlers that lack records,
 * an address that cannot be listened on, `open` beyond loopback
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  assertLoopback(options);
  const parts = createParts(options);
  await using undo = new AsyncDisposableStack();
  undo.use(parts.edge);
  undo.defer(() => parts.grpcServer.forceShutdown());
  const grpc = await listen(options, 'gRPC', options.listen, (address) => listenGrpc(parts.grpcServer, address));
  const edge = await listen(options, 'edge', options.edgeListen, (address) => parts.edge.listen(address));
  const watch = await watchStore({ ...options, health: parts.health });
  undo.move();
  const drain = once(() => drainServer({ ...parts, watch, graceMs: options.shutdownGraceMs }));
  return { grpc, edge, metrics: parts.metrics, drain, [Symbol.asyncDispose]: drain };
}

interface Parts {
  readonly grpcServer: Server;
  readonly edge: Edge;
  readonly health: HealthState;
  readonly admission: Admission;
  readonly calls: Pipeline['calls'];
  readonly intake: Pipeline['intake'];
  readonly answers: OpenAnswers;
  readonly metrics: MetricsRegistry;
}

function createParts(options: ServerOptions): Parts {
  const pipeline = createPipeline(options);
  const { admission, calls, intake, metrics } = pipeline;
  const answers = createOpenAnswers();
  const metricsText = shareMetrics(metrics.text, metrics.listOfAll);
  const health = createHealthState();
  const mounted = options.services.map((bound) => compose(bound, pipeline));
  const image = readImage();
  const grpcServer = createGrpcServer({ readMaxBytes: MAX_MESSAGE_BYTES, answers, intake: pipeline });
  for (const one of [...mounted, ...createProtocolServices(options, { health, intake: pipeline, image })]) {
    mountGrpc(grpcServer, one);
  }
  const edge = createEdge({
    mounted,
    answers,
    intake: pipeline,
    readMaxBytes: MAX_MESSAGE_BYTES,
    jsonReadMaxBytes: MAX_JSON_BYTES,
    registry: createFileRegistry(fromBinary(FileDescriptorSetSchema, image)),
    routes: {
      '/healthz': () => ({ status: health.serving ? 200 : 503, contentType: 'text/plain', body: toHealthText(health) }),
      '/metrics': async () => ({ status: 200, contentType: metrics.registry.contentType, body: await metricsText() }),
    },
  });
  return { grpcServer, edge, health, admission, calls, intake, answers, metrics: metrics.registry };
}

function createPipeline(options: ServerOptions): Pipeline {
  const { name, access = openAccess, records, secretDigest, log, limits } = options;
  const metrics = createCallMetrics();
  const inFlight = { ...DEFAULT_IN_FLIGHT_LIMITS, ...limits?.inFlight };
  const admission = createAdmission(inFlight, metrics.countShed);
  metrics.watchAdmission(admission);
  const calls = createLiveCalls();
  const intake = new Interruption<TandemError>();
  const { maxReaderPauseMs = DEFAULT_READER_PAUSE_MS } = limits ?? {};
  const shared = { access, admission, calls, intake, metrics, log, records, secretDigest };
  return { domain: `${name}.tandem`, maxReaderPauseMs, ...shared };
}

/** What the gRPC port brings beside the contract, past the pipeline. */
function createProtocolServices(
  { services }: ServerOptions,
  { health, intake, image }: Pick<Parts, 'health'> & Pick<ReflectionOptions, 'intake' | 'image'>,
): MountedService[] {
  const names = services.map(({ service }) => service.typeName);
  return [
    createHealth(health, { services: names, domain: intake.domain }),
    ...createReflection({ image, services: [...names, Health.typeName], intake }),
  ];
}

function toHealthText({ serving }: HealthState): string {
  return serving ? 'ok\n' : 'not serving\n';
}

/** Where a server is to listen, and whom it lets in there. */
export type ServerAddresses = Pick<ServerOptions, 'name' | 'authMode' | 'listen' | 'edgeListen'>;

/**
 * Asserts what startServer does too, for those who want to know before they open their stores.
 *
 * @throws Error of one clear line: `open` beyond loopback
 */
export function assertLoopback({ name, authMode, listen, edgeListen }: ServerAddresses): void {
  for (const { host } of [listen, edgeListen]) {
    if (isLoopback(host)) continue;
    throw new Error(
      `${name} will not listen on ${host} with AUTH_MODE=${authMode}: everyone who reaches it could do everything. Listen on 127.0.0.1.`,
    );
  }
}

async function listen(
  { name }: ServerOptions,
  port: 'gRPC' | 'edge',
  address: ListenAddress,
  start: (address: ListenAddress) => Promise<ListenAddress>,
): Promise<ListenAddress> {
  try {
    return await start(address);
  } catch (cause) {
    throw new Error(`${name} cannot listen on ${formatAddress(address)} (${port}): ${explainListenFailure(cause)}.`, {
      cause,
    });
  }
}

function explainListenFailure(cause: unknown): string {
  const text = cause instanceof Error ? `${'code' in cause ? cause.code : ''} ${cause.message}` : '';
  if (text.includes('EADDRINUSE')) return 'the port is in use; stop what uses it, or choose another';
  if (text.includes('EACCES')) return 'this user may not use the port; choose one above 1023';
  if (text.includes('EADDRNOTAVAIL')) return 'this machine does not have the address';
  return 'the host is not known, or is no address of this machine';
}
