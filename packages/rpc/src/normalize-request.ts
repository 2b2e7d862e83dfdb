import { type DescField, type DescMessage, getOption, type Message } from '@bufbuild/protobuf';
import { DurationSchema, FieldMaskSchema, type Timestamp, TimestampSchema } from '@bufbuild/protobuf/wkt';
import { type FieldRules, field as fieldRules, Ignore } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import type { FieldViolation } from './errors.ts';

/** Mends what may be mended in a message, in place, and tells what may not. */
export type Normalize = (message: Message, path: string, violations: FieldViolation[]) => void;

type Fields = Record<string, unknown>;
type Step = (message: Fields, path: string, violations: FieldViolation[]) => void;

const MIN_SECONDS = -62_135_596_800n;
const MAX_SECONDS = 253_402_300_799n;
const MAX_DURATION_SECONDS = 315_576_000_000n;
const MAX_NANOS = 999_999_999;
/** The one list that requests hold and that can have no rule of the contract; it bounds the work, not the contract. */
const MAX_MASK_PATHS = 100;

const compiled = new WeakMap<DescMessage, Normalize | undefined>();

/**
 * What the contract asks of every request before its rules are checked, made once per type: ids in capitals become lower
 * case (fields with the uuid rule), a `Timestamp` or `Duration` outside what those types allow is a violation (it would
 * make a rule throw), and so is a list or map with more than its `max_items` or `max_pairs`, of which nothing is looked at
 * (the rules would be checked on each of two million items). Fields whose rules are never checked are left alone.
 * Undefined where a type has nothing of that.
 */
export function normalizerOf(desc: DescMessage): Normalize | undefined {
  if (compiled.has(desc)) return compiled.get(desc);
  compiled.set(desc, undefined); // ends the recursion of a type that holds itself
  const steps = desc.fields.map(toStep).filter((step) => step !== undefined);
  const normalize: Normalize | undefined =
    steps.length === 0
      ? undefined
      : (message, path, violations) => {
          for (const step of steps) step(message as unknown as Fields, path, violations);
        };
  compiled.set(desc, normalize);
  return normalize;
}

function toStep(field: DescField): Step | undefined {
  const rules = getOption(field, fieldRules);
  if (isIgnored(rules)) return undefined;
  if (field.fieldKind === 'list') return toListStep(field, rules);
  if (field.fieldKind === 'map') return toMapStep(field);
  const visit = toVisit(field.message, rules);
  if (visit === undefined) return undefined;
  const { name } = field;
  const get = reader(field);
  const set = writer(field);
  return (message, path, violations) => {
    const value = get(message);
    if (value === undefined) return;
    const mended = visit(value, path + name, violations);
    if (mended !== value) set(message, mended);
  };
}

function toListStep(field: DescField & { fieldKind: 'list' }, rules: FieldRules): Step | undefined {
  const items = rules.type.case === 'repeated' ? rules.type.value.items : undefined;
  const visit = items !== undefined && isIgnored(items) ? undefined : toVisit(field.message, items);
  const max = maxItemsOf(field);
  if (visit === undefined && max === undefined) return undefined;
  const { localName, name } = field;
  const description = ownText(rules) ?? `must contain no more than ${max} items`;
  return (message, path, violations) => {
    const list = message[localName] as unknown[];
    if (max !== undefined && list.length > max) violations.push({ field: path + name, description });
    else if (visit !== undefined) visitItems(list, visit, { path: path + name, violations });
  };
}

function visitItems(
  list: unknown[],
  visit: Visit,
  { path, violations }: { path: string; violations: FieldViolation[] },
): void {
  // The path of text need not be made: to lower-case it never complains.
  const isText = visit === lowerCase;
  for (let i = 0; i < list.length; i++) list[i] = visit(list[i], isText ? path : `${path}[${i}]`, violations);
}

/** No request has a map yet; what one holds is left to its rules. */
function toMapStep(field: DescField & { fieldKind: 'map' }): Step | undefined {
  const max = maxItemsOf(field);
  if (max === undefined) return undefined;
  const { localName, name } = field;
  return (message, path, violations) => {
    const { length } = Object.keys(message[localName] as object);
    const description = `must contain no more than ${max} entries`;
    if (length > max) violations.push({ field: path + name, description });
  };
}

/** How many items a list, or entries a map, may hold; undefined: nothing says. */
export function maxItemsOf(field: DescField): number | undefined {
  if (field.parent.typeName === FieldMaskSchema.typeName) return MAX_MASK_PATHS;
  const { type } = getOption(field, fieldRules);
  if (type.case === 'repeated') return Number(type.value.maxItems) || undefined;
  if (type.case === 'map') return Number(type.value.maxPairs) || undefined;
  return undefined;
}

/** Where `max_items` is not the limit that a caller is to keep to, a rule of the same name says which is. */
function ownText({ cel }: FieldRules): string | undefined {
  return cel.find(({ id }) => id === 'max_items')?.message;
}

type Visit = (value: unknown, path: string, violations: FieldViolation[]) => unknown;

function toVisit(desc: DescMessage | undefined, rules: FieldRules | undefined): Visit | undefined {
  if (desc === undefined) return isUuid(rules) ? lowerCase : undefined;
  if (desc.typeName === TimestampSchema.typeName) return checkTimestamp;
  if (desc.typeName === DurationSchema.typeName) return checkDuration;
  const normalize = normalizerOf(desc);
  if (normalize === undefined) return undefined;
  return (value, path, violations) => {
    normalize(value as Message, `${path}.`, violations);
    return value;
  };
}

function lowerCase(value: unknown): unknown {
  return (value as string).toLowerCase();
}

function checkTimestamp(value: unknown, path: string, violations: FieldViolation[]): unknown {
  const { seconds, nanos } = value as Timestamp;
  if (seconds < MIN_SECONDS || seconds > MAX_SECONDS || nanos < 0 || nanos > MAX_NANOS) {
    const description =
      'must be a time from 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z, nanos 0 to 999999999';
    violations.push({ field: path, description });
  }
  return value;
}

function checkDuration(value: unknown, path: string, violations: FieldViolation[]): unknown {
  const { seconds, nanos } = value as Timestamp;
  const mixed = (seconds > 0n && nanos < 0) || (seconds < 0n && nanos > 0);
  const tooLong = seconds > MAX_DURATION_SECONDS || seconds < -MAX_DURATION_SECONDS;
  if (mixed || tooLong || nanos < -MAX_NANOS || nanos > MAX_NANOS) {
    const description = 'must be a duration within 315576000000 s, seconds and nanos of one sign';
    violations.push({ field: path, description });
  }
  return value;
}

function reader(field: DescField): (message: Fields) => unknown {
  const { localName, oneof } = field;
  if (oneof === undefined) return (message) => message[localName];
  return (message) => {
    const chosen = message[oneof.localName] as { case?: string; value?: unknown };
    return chosen.case === localName ? chosen.value : undefined;
  };
}

function writer(field: DescField): (message: Fields, value: unknown) => void {
  const { localName, oneof } = field;
  if (oneof === undefined) {
    return (message, value) => {
      message[localName] = value;
    };
  }
  return (message, value) => {
    message[oneof.localName] = { case: localName, value };
  };
}

function isUuid(rules: FieldRules | undefined): boolean {
  return (
    rules?.type.case === 'string' && rules.type.value.wellKnown.case === 'uuid' && rules.type.value.wellKnown.value
  );
}

function isIgnored(rules: FieldRules): boolean {
  return rules.ignore === Ignore.ALWAYS;
}
