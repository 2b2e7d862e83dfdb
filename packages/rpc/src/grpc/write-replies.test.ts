import { EventEmitter } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type ReplyWriter, writeReplies } from './write-replies.ts';

class FakeWriter extends EventEmitter implements ReplyWriter<number> {
  cancelled = false;
  readonly written: number[] = [];
  hasRoom = true;

  write(reply: number): boolean {
    this.written.push(reply);
    return this.hasRoom;
  }

  cancel(): void {
    this.cancelled = true;
    this.emit('cancelled');
  }
}

function countUp(end: number) {
  const seen = { asked: 0, returned: false };
  async function* replies() {
    try {
      for (let next = 1; next <= end; next++) {
        seen.asked = next;
        yield next;
      }
    } finally {
      seen.returned = true;
    }
  }
  return { seen, replies: replies() };
}

describe('writeReplies', () => {
  it('writes everything in order', async () => {
    const writer = new FakeWriter();
    await writeReplies(writer, countUp(3).replies, () => {});
    expect(writer.written).toEqual([1, 2, 3]);
    expect(writer.listenerCount('cancelled')).toBe(0);
  });

  it('asks for the next only when the reader has room', async () => {
    const writer = new FakeWriter();
    writer.hasRoom = false;
    const { seen, replies } = countUp(2);
    const done = writeReplies(writer, replies, () => {});
    await nextTurn();
    expect(seen.asked).toBe(1);
    writer.emit('drain');
    await nextTurn();
    expect(seen.asked).toBe(2);
    writer.emit('drain');
    await done;
  });

  it('ends the iterator when the reader goes away while it has no room', async () => {
    const writer = new FakeWriter();
    writer.hasRoom = false;
    const { seen, replies } = countUp(2);
    const done = writeReplies(writer, replies, () => {});
    await nextTurn();
    writer.cancel();
    await done;
    expect(seen).toEqual({ asked: 1, returned: true });
  });

  it('calls return() at once when the reader goes away while the iterator waits, and hears no failure', async () => {
    const writer = new FakeWriter();
    const pending = Promise.withResolvers<IteratorResult<number, undefined>>();
    let returned = false;
    const iterator = {
      next: () => pending.promise,
      return: async () => {
        returned = true;
        pending.reject(new Error('ended'));
        return { done: true as const, value: undefined };
      },
    };
    const done = writeReplies(writer, { [Symbol.asyncIterator]: () => iterator }, () => {});
    await nextTurn();
    writer.cancel();
    await done;
    expect(returned).toBe(true);
    expect(writer.written).toEqual([]);
  });

  it('passes a failure on', async () => {
    async function* failing(): AsyncGenerator<number> {
      yield 1;
      throw new Error('broken');
    }
    await expect(writeReplies(new FakeWriter(), failing(), () => {})).rejects.toThrow('broken');
  });
});
