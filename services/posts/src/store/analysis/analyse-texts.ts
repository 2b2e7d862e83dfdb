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
 * Analyses texts, in their order. A few words at once; more in a thread of its own, one for the process, so that calls
 * are answered meanwhile: a text may be one word of 1 MiB, which cannot be analysed in pieces.
 */
export async function analyseTexts<Name extends TaskName>(
  name: Name,
  texts: readonly TaskInput<Name>[],
): Promise<TaskOutput<Name>[]> {
  const task = analysisTasks[name] as (text: TaskInput<Name>) => TaskOutput<Name>;
  if (countUnits(texts) <= maxInlineUnits) return texts.map((text) => task(text));
  const asked = last.then(() => ask({ name, texts }));
  last = asked.catch(() => undefined);
  return (await asked) as TaskOutput<Name>[];
}

export function countUnits(texts: readonly TaskInput<TaskName>[]): number {
  return texts.reduce(
    (sum, { title, tags, content }) =>
      sum + title.length + content.length + tags.reduce((all, tag) => all + tag.length, 0),
    0,
  );
}

let thread: Worker | undefined;
/** Settles when the thread has nothing to do. */
let last: Promise<unknown> = Promise.resolve();

async function ask(request: AnalysisRequest): Promise<readonly unknown[]> {
  thread ??= startThread();
  thread.postMessage(request);
  const [answer]: [AnalysisAnswer] = (await once(thread, 'message')) as [AnalysisAnswer];
  if ('failure' in answer) throw answer.failure;
  return answer.results;
}

/** It does not keep the process alive. One that failed is replaced by the next request. */
function startThread(): Worker {
  const started = new Worker(new URL('./analysis-worker.ts', import.meta.url));
  started.unref();
  started.on('error', () => {
    if (thread === started) thread = undefined;
  });
  return started;
}
