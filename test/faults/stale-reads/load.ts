import { createZipf } from '../../bench/load/zipf.ts';
import { type Operations, readOnce, type StaleRead, type Subject, write } from './versions.ts';

const writers = 4;
const readers = 12;
/** For every other call, which reads all that come of it. */
const drawnTogether = 50;
/** The idle process is asked now and then: it must notice an outage without traffic. */
const shareOfIdle = 0.02;

/** Writers and readers of the same subjects, until they are told to end. */
export interface Load {
  /** Rejects when one of them fails. */
  readonly running: Promise<unknown>;
  readonly stale: readonly StaleRead[];
  /** A call reads as many as it brings; `calls` are those that were answered. */
  readonly counts: { calls: number; reads: number; unanswered: number; writes: number };
  end(): Promise<void>;
}

/** @param clients the first is asked nearly always */
export function startLoad<Client, S extends Subject>(
  operations: Operations<Client, S>,
  subjects: readonly S[],
  clients: readonly [Client, Client],
): Load {
  const [busy, idle] = clients;
  const stale: StaleRead[] = [];
  const counts = { calls: 0, reads: 0, unanswered: 0, writes: 0 };
  let isOver = false;

  /** Of one subject, one writer: what a read may not fall below is then known. */
  async function writeOn(lane: number): Promise<void> {
    const draw = drawFrom(subjects.filter((_, index) => index % writers === lane));
    while (!isOver) {
      await write(operations, draw(), { clients, isOver: () => isOver });
      counts.writes += 1;
    }
  }

  async function readOn(): Promise<void> {
    const draw = drawFrom(subjects);
    for (let n = 0; !isOver; n += 1) {
      const others = Array.from({ length: n % 2 === 0 ? 0 : drawnTogether }, draw);
      const [first = draw(), ...rest] = new Set(others);
      const read = await readOnce(operations, [first, ...rest], Math.random() < shareOfIdle ? idle : busy);
      if (read === 'unanswered') {
        counts.unanswered += 1;
      } else {
        counts.calls += 1;
        counts.reads += 1 + rest.length;
        stale.push(...read);
      }
    }
  }

  const running = Promise.all([
    ...Array.from({ length: writers }, (_, lane) => writeOn(lane)),
    ...Array.from({ length: readers }, readOn),
  ]);
  return {
    ...{ running, stale, counts },
    async end() {
      isOver = true;
      await running;
    },
  };
}

function drawFrom<S>(subjects: readonly S[]): () => S {
  const rank = createZipf({ size: subjects.length, random: Math.random });
  return () => subjects[rank()] as S;
}
