import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import {
  type AnalysisAnswer,
  type AnalysisRequest,
  analysisTasks,
  type TaskInput,
  type TaskName,
  type TaskOutput,
} from './analysis-tasks.ts';

/** At 20 µs for a word that was never seen, what takes a few milliseconds. */
export const maxInlineUnits = 2_048;

/**
 * Analyses texts. A few words at once; more in a thread of the task's own, so that calls are answered meanwhile: a text may
 * be one word of 1 MiB, which cannot be analysed in pieces. What is counted in the background holds up no text that a call
 * waits for.
 */
export async function analyseTexts<Name extends TaskName>(
  name: Name,
  texts: readonly TaskInput<Name>[],
): Promise<TaskOutput<Name>> {
  const task = analysisTasks[name] as (all: readonly TaskInput<Name>[]) => TaskOutput<Name>;
  if (countUnits(texts) <= maxInlineUnits) return task(texts);
  return (await enqueue(lanes[name], { name, texts })) as TaskOutput<Name>;
}

export function countUnits(texts: readonly TaskInput<TaskName>[]): number {
  return texts.reduce(
    (sum, { title, tags, content }) =>
      sum + title.length + content.length + tags.reduce((all, tag) => all + tag.length, 0),
    0,
  );
}

interface Lane {
  thread: Worker | undefined;
  /** Settles when the thread has nothing to do. */
  last: Promise<unknown>;
}

const lanes: Record<TaskName, Lane> = {
  index: { thread: undefined, last: Promise.resolve() },
  count: { thread: undefined, last: Promise.resolve() },
};

function enqueue(lane: Lane, request: AnalysisRequest): Promise<unknown> {
  const asked = lane.last.then(() => ask(lane, request));
  lane.last = asked.catch(() => undefined);
  return asked;
}

async function ask(lane: Lane, request: AnalysisRequest): Promise<unknown> {
  lane.thread ??= startThread(lane);
  lane.thread.postMessage(request);
  const [answer]: [AnalysisAnswer] = (await once(lane.thread, 'message')) as [AnalysisAnswer];
  if ('failure' in answer) throw answer.failure;
  return answer.result;
}

/** It does not keep the process alive. One that failed is replaced by the next request. */
function startThread(lane: Lane): Worker {
  const started = new Worker(new URL('./analysis-worker.ts', import.meta.url));
  started.unref();
  started.on('error', () => {
    if (lane.thread === started) lane.thread = undefined;
  });
  return started;
}
