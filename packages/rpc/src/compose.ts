import type { BoundService } from './handler.ts';
import { type MethodPlan, planMethod } from './method-plan.ts';
import type { Mounted, MountedService } from './mounted.ts';
import type { Pipeline } from './pipeline.ts';
import { runClientStream } from './run-client-stream.ts';
import { runServerStream } from './run-server-stream.ts';
import { runUnary } from './run-unary.ts';
import { warmValidator } from './validate-message.ts';

/**
 * The pipeline round each method of a service, composed once: request id, caller, deadline, admission, permission,
 * parsing, validation, idempotency, handler, errors to status, log line and metrics.
 *
 * @throws Error for a method without a policy, a rule that does not compile, and a handler that needs records or
 * `secretDigest` where there are none
 */
export function compose(bound: BoundService, pipeline: Pipeline): MountedService {
  return {
    service: bound.service,
    methods: bound.service.methods.map((method) => composeMethod(bound, pipeline, method)),
  };
}

function composeMethod(
  bound: BoundService,
  pipeline: Pipeline,
  method: BoundService['service']['methods'][number],
): Mounted {
  const plan = planMethod(method);
  const handler = bound.handlers.get(method.localName);
  if (handler !== undefined) assertProvided(plan, pipeline);
  warmValidator(method.input);
  switch (method.methodKind) {
    case 'unary':
      return { kind: 'unary', method, run: runUnary(plan, pipeline, handler) };
    case 'client_streaming':
      return { kind: 'client_streaming', method, run: runClientStream(plan, pipeline, handler) };
    case 'server_streaming':
      return { kind: 'server_streaming', method, run: runServerStream(plan, pipeline, handler) };
    case 'bidi_streaming':
      throw new Error(`${plan.fullName} streams both ways: the pipeline has no way for such a method.`);
  }
}

function assertProvided({ fullName, requestIdField, secretFields }: MethodPlan, pipeline: Pipeline): void {
  if (requestIdField === undefined) return;
  if (pipeline.records === undefined) throw new Error(`${fullName} takes a request_id: give the server its records.`);
  if (secretFields.length > 0 && pipeline.secretDigest === undefined) {
    throw new Error(`${fullName} takes a request_id and secrets: give the server a secretDigest.`);
  }
}
