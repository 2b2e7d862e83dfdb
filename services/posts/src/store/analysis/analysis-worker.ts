import { parentPort } from 'node:worker_threads';
import { type AnalysisAnswer, type AnalysisRequest, analysisTasks } from './analysis-tasks.ts';

/** The thread's own program: it answers one request after the other. */
parentPort?.on('message', (request: AnalysisRequest) => parentPort?.postMessage(answer(request)));

function answer({ name, texts }: AnalysisRequest): AnalysisAnswer {
  try {
    // Each task has its own kind of text, which the one who asks has seen to.
    return { result: (analysisTasks[name] as (all: typeof texts) => unknown)(texts) };
  } catch (failure) {
    return { failure };
  }
}
