import type { TimeMicros } from './user.ts';

/** What to do with a row whose user is there already: same id, or same e-mail ignoring case. */
export type OnDuplicate = 'error' | 'skip' | 'update';

/** A row that has passed every check that needs no store. */
export interface ImportRow {
  /** The caller's id; undefined: one is made. */
  readonly id: string | undefined;
  readonly email: string;
  readonly name: string;
  readonly isActive: boolean | undefined;
  readonly passwordHash: string | undefined;
  readonly createTime: TimeMicros | undefined;
}

/** A row that was not taken in, and why. */
export interface RowRefusal {
  readonly reason: 'EMAIL_TAKEN' | 'ID_TAKEN' | 'FIELD_INVALID' | 'REQUEST_IN_PROGRESS';
  readonly message: string;
}

export type RowOutcome = 'imported' | 'updated' | 'skipped' | RowRefusal;

/** A row together with the id of the user that it makes or changes. */
export type PlannedRow = ImportRow & { readonly id: string };

/** Writes that may go to the store together, the updates first. */
export interface ImportWave {
  readonly updates: PlannedRow[];
  readonly inserts: PlannedRow[];
}

export interface ImportPlan {
  /** One for each row, in the rows' order. */
  readonly outcomes: RowOutcome[];
  /** To be written one after the other; usually one. */
  readonly waves: ImportWave[];
}

/** What the store holds of the users that the rows may meet. */
export interface ImportState {
  readonly users: readonly { readonly id: string; readonly emailLower: string }[];
  /** Ids that are never given again. */
  readonly deletedIds: ReadonlySet<string>;
  /** Those of the users that a part of the same message that is in already made or changed. Default: none. */
  readonly touchedIds?: ReadonlySet<string>;
}

interface ImportTask extends ImportState {
  readonly rows: readonly ImportRow[];
  readonly onDuplicate: OnDuplicate;
  readonly makeId: () => string;
}

/**
 * Decides what becomes of each row of a message, as if they came one by one. Rows that clash with an earlier row of the
 * message lose to it: refused, or passed over under `skip`.
 */
export function planImport(task: ImportTask): ImportPlan {
  const planner = new ImportPlanner(task);
  const outcomes = task.rows.map((row) => planner.take(row));
  return { outcomes, waves: planner.waves };
}

interface Holder {
  readonly id: string;
  emailLower: string;
  /** Made or changed by an earlier row of this message. */
  touched: boolean;
}

class ImportPlanner {
  readonly #task: ImportTask;
  readonly #byId = new Map<string, Holder>();
  readonly #byEmail = new Map<string, Holder>();
  /** E-mails that an update of the last wave gives up: whoever takes one must be written later. */
  #released = new Set<string>();
  #wave: ImportWave = { updates: [], inserts: [] };
  readonly waves: ImportWave[] = [this.#wave];

  constructor(task: ImportTask) {
    this.#task = task;
    for (const user of task.users) this.#hold({ ...user, touched: task.touchedIds?.has(user.id) ?? false });
  }

  take(row: ImportRow): RowOutcome {
    const sameId = row.id === undefined ? undefined : this.#byId.get(row.id);
    const sameEmail = this.#byEmail.get(lower(row.email));
    if (row.id !== undefined && this.#task.deletedIds.has(row.id))
      return idTaken("reserved or a deleted user's, never given");
    if (sameId === undefined && sameEmail === undefined) return this.#insert(row);
    if (this.#task.onDuplicate === 'skip') return 'skipped';
    if (this.#task.onDuplicate === 'error') return sameId === undefined ? emailTaken() : idTaken("another user's");
    const target = sameId ?? (row.id === undefined ? sameEmail : undefined);
    if (target === undefined || (sameEmail !== undefined && sameEmail !== target)) return emailTaken();
    if (target.touched) return lostToEarlierRow(sameId === undefined ? 'EMAIL_TAKEN' : 'ID_TAKEN');
    return this.#update(target, row);
  }

  #insert(row: ImportRow): RowOutcome {
    const id = row.id ?? this.#task.makeId();
    this.#useEmail(lower(row.email));
    this.#hold({ id, emailLower: lower(row.email), touched: true });
    this.#wave.inserts.push({ ...row, id });
    return 'imported';
  }

  #update(target: Holder, row: ImportRow): RowOutcome {
    const emailLower = lower(row.email);
    if (emailLower !== target.emailLower) {
      this.#useEmail(emailLower);
      this.#byEmail.delete(target.emailLower);
      this.#released.add(target.emailLower);
    }
    target.emailLower = emailLower;
    target.touched = true;
    this.#hold(target);
    this.#wave.updates.push({ ...row, id: target.id });
    return 'updated';
  }

  #hold(holder: Holder): void {
    this.#byId.set(holder.id, holder);
    this.#byEmail.set(holder.emailLower, holder);
  }

  #useEmail(emailLower: string): void {
    if (!this.#released.has(emailLower)) return;
    this.#released = new Set();
    this.#wave = { updates: [], inserts: [] };
    this.waves.push(this.#wave);
  }
}

/** E-mails are ASCII: this is the store's own lower case. */
function lower(email: string): string {
  return email.toLowerCase();
}

function idTaken(whose: string): RowRefusal {
  return { reason: 'ID_TAKEN', message: `id is ${whose}; leave it out or choose another.` };
}

function emailTaken(): RowRefusal {
  return { reason: 'EMAIL_TAKEN', message: "email is another user's, ignoring case; choose another." };
}

function lostToEarlierRow(reason: 'EMAIL_TAKEN' | 'ID_TAKEN'): RowRefusal {
  return { reason, message: 'an earlier row of the same message is the same user; send this one in a later message.' };
}
