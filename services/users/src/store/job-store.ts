import type { Call, RecordKey } from '@tandem/rpc';

/** What jobs are about, by the queue they wait in. */
export interface JobData {
  /** A deleted user's posts are to go. Its id is the user's, until it is taken out of the dead letters under another. */
  readonly 'delete-author-posts': {
    readonly userId: string;
    /** The call that is to be answered when it is done; undefined: none that could ask again. */
    readonly answerTo?: RecordKey | undefined;
  };
  /** A CreateUserWithPost is to be ended, one way or the other. Its id is the user's, with the same exception. */
  readonly 'settle-user-with-post': { readonly userId: string };
}

export const jobQueues = ['delete-author-posts', 'settle-user-with-post'] as const satisfies (keyof JobData)[];
export type JobQueue = keyof JobData;

/** Which job. */
export interface JobKey {
  readonly queue: JobQueue;
  /** A UUID. */
  readonly id: string;
}

/** A job to be. */
export type NewJob = {
  readonly [Queue in JobQueue]: {
    readonly queue: Queue;
    readonly id: string;
    readonly data: JobData[Queue];
    /** How long it rests, in milliseconds: whoever enqueues it means to have done the work by then. */
    readonly delayMs: number;
  };
}[JobQueue];

/** Jobs ride in the transaction that causes them: they are there when it has committed, and not otherwise. */
export interface JobWriter {
  /** Leaves work to be done. A job with the same id that is there already stays as it is. */
  enqueue(job: NewJob): Promise<void>;
  /** Has a job that still rests done as soon as the transaction has committed. */
  hasten(job: JobKey): Promise<void>;
  /** The work is done: nobody else need do it. Without effect where the job is over. */
  finish(job: JobKey): Promise<void>;
}

/** What a job's run has to keep to, and what it hands on to whom it asks. */
export type JobCall = Pick<Call, 'requestId' | 'traceparent' | 'deadline' | 'signal'>;

/** Who does the jobs of each queue. A job may be done twice, or go on where another run of it was killed. */
export type JobConsumers = {
  readonly [Queue in JobQueue]: (data: JobData[Queue], call: JobCall) => Promise<void>;
};
