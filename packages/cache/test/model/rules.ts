/** What goes wrong once in a schedule. */
export const faultKinds = [
  'a key is evicted',
  'Redis is flushed or restarts empty',
  'a reader is killed',
  'a writer is killed',
  'a lease expires',
  'a mark expires',
  'a command is never executed',
  'a command is executed late',
  'an answer is lost',
  'the outcome of COMMIT is unknown',
  'Redis is stopped and continued',
] as const;

export type FaultKind = (typeof faultKinds)[number];

/** The faults under which leaving a rule out is found, at least; `none`: without any. */
type FoundUnder = readonly ('none' | FaultKind)[];

/** Rules of the protocol that the model can leave out, by what is done instead, each enough to make it find a violation. */
export const teeth = {
  'fill ignores its token': ['none'],
  'the database is read before the lease': ['none'],
  'a read joins one already sent': ['none'],
  'the schema version is in the key': ['none'],
  'mark keeps the value': ['a writer is killed', 'a command is never executed'],
  'mark keeps the lease': ['a writer is killed', 'a command is never executed'],
  'mark adds no writer': ['a writer is killed', 'a command is never executed'],
  'lease ignores writers': ['a writer is killed', 'a command is never executed'],
  'settle keeps the value': ['a command is never executed', 'a key is evicted', 'a mark expires'],
  'settle keeps the lease': ['a command is never executed', 'a key is evicted', 'a mark expires'],
  'settles while the outcome is unknown': ['the outcome of COMMIT is unknown'],
  'invalidate keeps the value': ['Redis is stopped and continued'],
  'invalidate keeps the lease': ['Redis is stopped and continued'],
  'replies with neither mark nor settlement confirmed': ['Redis is stopped and continued'],
  'the breaker closes in one step': ['Redis is stopped and continued'],
  'reads resume before what is on record was carried out': ['Redis is stopped and continued'],
  'reads resume before every process has found Redis': ['Redis is stopped and continued'],
} as const satisfies Record<string, FoundUnder>;

/** Rules that make up for each other, or for a second fault: leaving one out is not found under any one fault. */
export const defenceInDepth = [
  'a recorded reply is given without an invalidation',
  'a mark that was not confirmed is not recorded',
  'a settlement that was not confirmed is not recorded',
  'an unknown outcome is not recorded',
  'settle leaves the writer',
  'a rollback is not settled',
  'writers are counted, not named',
] as const;

export type Tooth = keyof typeof teeth | (typeof defenceInDepth)[number];

/** What is explored. */
export interface Model {
  readonly fault?: FaultKind | undefined;
  readonly tooth?: Tooth | undefined;
  readonly readers: number;
  readonly writers: number;
  /** Actors of odd number are of the next release, whose values have another version. Default: all are of one. */
  readonly mixedVersions?: boolean;
}
