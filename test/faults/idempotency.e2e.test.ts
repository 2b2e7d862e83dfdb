import { setTimeout as pause } from 'node:timers/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import { ErrorInfoSchema, StatusSchema } from '@tandem/contracts/wire';
import { waitUntil } from '@tandem/dev-stack';
import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { createRawEdgeCaller, createRawGrpcCaller, type RawAnswer, type RawCaller } from '../pair/raw-call.ts';
import { startService } from '../pair/start-service.ts';
import { endPool } from '../support/end-pool.ts';
import { useUsersDatabase } from '../support/use-users-database.ts';
import { makeOperation, type Operation } from './idempotency/operations.ts';
import { startLossyCaller } from './support/lossy-caller.ts';
import { runLanes } from './support/run-lanes.ts';
import { scaled, scaledTimeoutMs } from './support/scale.ts';

const lanes = 12;
const duplicates = 5;
/** Every other id has one of its five replies lost: a tenth of all. */
const losesReply = (n: number) => n % 2 === 0;
/** UNAVAILABLE and DEADLINE_EXCEEDED without a reason: the caller's own transport says so, and knows no answer. */
const transportCodes = [14, 4];
/** What is no answer to a mutation, by the contract: it is not kept, and the same call may be sent again. */
const noAnswers = [
  'REQUEST_IN_PROGRESS',
  'OVERLOADED',
  'HASH_QUEUE_FULL',
  'STORE_UNAVAILABLE',
  'OUTCOME_UNKNOWN',
  'DEADLINE_EXCEEDED',
];

describe('a request_id, on two replicas and both ports', { timeout: scaledTimeoutMs(300_000) }, async () => {
  const url = await useUsersDatabase();
  const owned = new AsyncDisposableStack();
  afterAll(() => owned.disposeAsync());
  const database = new pg.Pool({ connectionString: url, max: 4 });
  owned.defer(() => endPool(database));
  const [a, b] = [
    owned.use(await startService('users', { USERS_DATABASE_URL: url })),
    owned.use(await startService('users', { USERS_DATABASE_URL: url })),
  ];
  const callers = [a, b].flatMap(({ grpc, edge }) => [
    owned.use(createRawGrpcCaller(grpc)),
    owned.use(createRawEdgeCaller(edge)),
  ]);
  const lossyCallers = await Promise.all(Array.from({ length: lanes }, () => startLossyCaller(b.grpc)));
  for (const lossy of lossyCallers) owned.use(lossy);

  const callerOf = (n: number): RawCaller => callers[n % callers.length]!;

  async function answerOf(caller: RawCaller, { method, request }: Operation): Promise<string> {
    for (;;) {
      const answer = await caller.call(method, request);
      if (!isToBeRetried(answer)) return JSON.stringify(answer);
      await pause(20);
    }
  }

  async function loseReply({ method, request, requestId }: Operation, lane: number): Promise<void> {
    const isAnswered = async () => {
      const sql = 'SELECT 1 FROM idempotency_records WHERE request_id = $1 AND kind IS NOT NULL';
      return (await database.query(sql, [requestId])).rows.length > 0;
    };
    await lossyCallers[lane]!.lose(method, request, () => waitUntil(isAnswered, { timeoutMs: 20_000, pollMs: 5 }));
  }

  async function race(n: number, lane: number): Promise<{ operation: Operation; answers: Set<string> }> {
    const operation = await makeOperation(n, database);
    const lost = losesReply(n) ? [loseReply(operation, lane)] : [];
    const attempts = Array.from({ length: duplicates - lost.length }, (_, k) => answerOf(callerOf(n + k), operation));
    const answers = new Set(await Promise.all(attempts));
    await Promise.all(lost);
    return { operation, answers };
  }

  it(`has one effect and one answer, byte for byte, however many duplicates race and replies are lost`, async () => {
    const seen = new Map<string, number>();
    const numbers = Array.from({ length: scaled(400) }, (_, n) => n);
    await runLanes(numbers, lanes, async (n, lane) => {
      const { operation, answers } = await race(n, lane);
      const { kind, code } = operation;
      await operation.disturb();
      for (const k of [0, 1]) answers.add(await answerOf(callerOf(n + k), operation));
      expect([...answers].slice(1).map(describeAnswer), `${kind}, beside ${describeAnswer([...answers][0]!)}`).toEqual(
        [],
      );
      expect(codeOf(JSON.parse([...answers][0]!)), kind).toBe(code);
      const other = await answerOf(callerOf(n), { ...operation, request: operation.otherRequest });
      expect(reasonOf(JSON.parse(other)), kind).toBe('REQUEST_ID_REUSED');
      expect(await operation.countEffects(), kind).toBe(operation.effects);
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
    });
    expect([...seen.values()].reduce((sum, count) => sum + count, 0)).toBe(numbers.length);
    expect(seen.size).toBe(Math.min(5, numbers.length));
  });
});

function isToBeRetried(answer: RawAnswer): boolean {
  const reason = reasonOf(answer);
  if (reason === undefined) return transportCodes.includes(codeOf(answer));
  return noAnswers.includes(reason);
}

/** For who reads a failure. */
function describeAnswer(text: string): string {
  const answer: RawAnswer = JSON.parse(text);
  return 'reply' in answer ? text : `code ${answer.code} ${reasonOf(answer)}`;
}

function codeOf(answer: RawAnswer): number {
  return 'reply' in answer ? 0 : answer.code;
}

function reasonOf(answer: RawAnswer): string | undefined {
  if ('reply' in answer || answer.status === '') return undefined;
  const { details } = fromBinary(StatusSchema, Buffer.from(answer.status, 'hex'));
  return details.map((detail) => anyUnpack(detail, ErrorInfoSchema)?.reason).find((reason) => reason !== undefined);
}
