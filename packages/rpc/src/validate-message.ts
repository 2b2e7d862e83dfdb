import { create, type DescMessage, type Message, type MessageShape } from '@bufbuild/protobuf';
import { pathToString } from '@bufbuild/protobuf/reflect';
import { createValidator, type Violation } from '@bufbuild/protovalidate';
import { type FieldViolation, TandemError } from './errors.ts';
import { normalizerOf } from './normalize-request.ts';

/** One for the process: what it has compiled for a type is kept. */
const validator = createValidator({ regexMatch: matchPattern });

/**
 * What is wrong with a message by the contract's rules, once a field, with paths in proto names; empty when nothing is. Ids in capitals
 * are lower-cased in place. The pipeline does this to every request; import rows, which the rules of their request
 * pass over, are given to it one by one.
 */
export function validateMessage<D extends DescMessage>(desc: D, message: MessageShape<D>): FieldViolation[] {
  const violations: FieldViolation[] = [];
  normalizerOf(desc)?.(message as Message, '', violations);
  if (violations.length > 0) return violations;
  const result = validator.validate(desc, message);
  if (result.kind === 'valid') return violations;
  // A rule that cannot be evaluated on what came in: the caller's doing, as rules that never can stop the start.
  if (result.kind === 'error') return [{ field: '', description: 'holds a value that its rules cannot be checked on' }];
  return firstOfEachField(result.violations);
}

function firstOfEachField(found: readonly Violation[]): FieldViolation[] {
  const byField = new Map<string, FieldViolation>();
  for (const violation of found) {
    const field = toFieldPath(violation);
    if (!byField.has(field)) byField.set(field, { field, description: describe(violation) });
  }
  return [...byField.values()];
}

const CONTROL_CHARACTERS = 'must not contain control characters';

/** What the contract's patterns mean, for a person. */
export const PATTERN_TEXTS: ReadonlyMap<string, string> = new Map([
  ['^[^\\x00-\\x1f\\x7f-\\x9f]*$', CONTROL_CHARACTERS],
  ['^[^\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f]*$', `${CONTROL_CHARACTERS} but tab, line feed and carriage return`],
]);

function describe({ ruleId, message }: Violation): string {
  if (ruleId !== 'string.pattern') return toRightNumber(message);
  const pattern = message.slice(message.indexOf('`') + 1, message.lastIndexOf('`'));
  return PATTERN_TEXTS.get(pattern) ?? message;
}

function toRightNumber(text: string): string {
  return text.replace(/\b(\d+) item\(s\)/, '$1 items').replace(/\b1 (character|byte|item)s\b/, '1 $1');
}

/** The contract's own rules over a message name, by their id, the field at fault: as seen from where the rule stands. */
function toFieldPath({ field, rule, ruleId }: Violation): string {
  const last = field.at(-1);
  if (rule.length === 0 && last?.kind !== 'oneof') return last ? `${pathToString(field)}.${ruleId}` : ruleId;
  const ownRule = rule[0]?.kind === 'field' && rule[0].name === 'cel';
  if (!ownRule || last?.kind !== 'field' || last.fieldKind !== 'message') return pathToString(field);
  return field.length > 1 ? `${pathToString(field.slice(0, -1))}.${ruleId}` : ruleId;
}

const patterns = new Map<string, RegExp>();

/** The contract's own patterns need no protection from themselves: RE2 takes 700 ms for a MiB of content, this 7. */
function matchPattern(pattern: string, text: string): boolean {
  let compiled = patterns.get(pattern);
  if (compiled === undefined) {
    compiled = new RegExp(pattern, 'u');
    patterns.set(pattern, compiled);
  }
  return compiled.test(text);
}

/** @throws TandemError `FIELD_INVALID` with one violation per field */
export function assertValid<D extends DescMessage>(desc: D, message: MessageShape<D>): void {
  const violations = validateMessage(desc, message);
  if (violations.length > 0) throw fieldsInvalid(violations);
}

/**
 * Compiles the rules of a type, which the first validation of it would otherwise wait for (up to 50 ms).
 *
 * @throws Error where a rule does not compile: a defect of the contract
 */
export function warmValidator(desc: DescMessage): void {
  normalizerOf(desc);
  const result = validator.validate(desc, create(desc));
  if (result.kind === 'error') {
    throw new Error(`The rules of ${desc.typeName} cannot be evaluated: ${result.error.message}`, {
      cause: result.error,
    });
  }
}

function fieldsInvalid(violations: readonly FieldViolation[]): TandemError {
  const told = violations
    .slice(0, 3)
    .map(({ field, description }) => (field === '' ? description : `${field}: ${description}`));
  const more = violations.length > told.length ? `; ${violations.length - told.length} more` : '';
  return new TandemError('FIELD_INVALID', `The request is not valid: ${told.join('; ')}${more}.`, { violations });
}
