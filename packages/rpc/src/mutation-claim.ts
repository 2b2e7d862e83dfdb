import { createHash } from 'node:crypto';
import type { Message } from '@bufbuild/protobuf';
import type { Call } from './call.ts';
import { encodeReply } from './encode-reply.ts';
import type { Claim } from './idempotency.ts';
import { digestMessage } from './message-digest.ts';
import type { MethodPlan } from './method-plan.ts';

/**
 * A slow hash of a secret, salted: what a fast hash would give away. The service has it made by argon2id.
 *
 * @param signal the call's: one that is aborted need not wait for its turn
 */
export type SecretDigest = (secret: string, salt: string, signal: AbortSignal) => Promise<Uint8Array>;

/** What a claim is made of. */
export interface Attempt {
  readonly request: Message;
  readonly call: Pick<Call, 'caller' | 'signal'>;
  readonly secretDigest: SecretDigest | undefined;
}

/** A claim that remembers what it encoded, so that the reply that is stored is the reply that is sent, encoded once. */
export interface MutationClaim extends Claim {
  /** The stored bytes of this very reply; undefined for any other. */
  encoded(reply: object): Uint8Array | undefined;
}

/**
 * The claim of a mutation, or undefined where the method or the request has no `request_id`.
 *
 * @param attempt.secretDigest needed where the request carries secrets; what it throws is thrown
 */
export async function claimMutation(plan: MethodPlan, attempt: Attempt): Promise<MutationClaim | undefined> {
  const { request, call } = attempt;
  const { caller } = call;
  const requestId = plan.requestIdField && readText(request, plan.requestIdField.localName);
  if (!requestId) return undefined;
  const salt = JSON.stringify([caller, plan.fullName, requestId]);
  const fingerprint = await fingerprintRequest(plan, attempt, salt);
  return createClaim(plan, { caller, requestId, fingerprint });
}

function createClaim(
  plan: MethodPlan,
  attempt: { caller: string; requestId: string; fingerprint: Uint8Array },
): MutationClaim {
  let last: { reply: object; bytes: Uint8Array } | undefined;
  return {
    ...attempt,
    method: plan.fullName,
    encodeReply(reply) {
      last = { reply, bytes: encodeReply(plan.method.output, reply) };
      return last.bytes;
    },
    encoded: (reply) => (last?.reply === reply ? last.bytes : undefined),
  };
}

async function fingerprintRequest(
  plan: MethodPlan,
  { request, call, secretDigest }: Attempt,
  salt: string,
): Promise<Uint8Array> {
  const open = digestMessage(
    plan.method.input,
    request,
    new Set(['request_id', ...plan.secretFields.map((f) => f.name)]),
  );
  const secrets = plan.secretFields.map(({ localName }) => readText(request, localName) ?? null);
  if (secrets.every((secret) => secret === null)) return open;
  if (secretDigest === undefined) throw new Error(`${plan.fullName} carries secrets and has no secretDigest.`);
  const slow = await secretDigest(JSON.stringify(secrets), salt, call.signal);
  return createHash('sha256').update(open).update(slow).digest();
}

function readText(request: Message, localName: string): string | undefined {
  return (request as unknown as Record<string, string | undefined>)[localName];
}
