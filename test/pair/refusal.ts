import { Code, ConnectError } from '@connectrpc/connect';
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from '@tandem/contracts/wire';

/** What a refused call told. */
export interface Refusal {
  readonly code: string;
  readonly reason: string | undefined;
  readonly domain: string | undefined;
  readonly fields: readonly string[];
  readonly message: string;
  readonly retry: boolean;
}

/** The refusal of a call; a call that was answered is an error. */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  const outcome = await call.then(
    (reply) => ({ reply }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome && outcome.error instanceof ConnectError) return describeRefusal(outcome.error);
  throw new Error(
    `not refused: ${JSON.stringify(outcome, (_, value) => (typeof value === 'bigint' ? `${value}` : value))}`,
  );
}

export function describeRefusal(error: ConnectError): Refusal {
  const [info] = error.findDetails(ErrorInfoSchema);
  const violations = error.findDetails(BadRequestSchema).flatMap(({ fieldViolations }) => fieldViolations);
  return {
    code: Code[error.code],
    reason: info?.reason,
    domain: info?.domain,
    fields: violations.map(({ field }) => field),
    message: error.rawMessage,
    retry: error.findDetails(RetryInfoSchema).length > 0,
  };
}
