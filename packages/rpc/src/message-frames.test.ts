import { describe, expect, it } from 'vitest';
import { MessageFrames } from './message-frames.ts';

function frame(size: number): Buffer {
  const bytes = Buffer.alloc(5 + size);
  bytes.writeUInt32BE(size, 1);
  return bytes;
}

describe('MessageFrames', () => {
  it.each([1, 2, 7, 100])('knows where messages begin and end, cut after every %s bytes', (size) => {
    const bytes = Buffer.concat([frame(3), frame(0), frame(300)]);
    const ends = [8, 13, 318];
    const frames = new MessageFrames();
    for (let at = 0; at < bytes.length; at += size) {
      frames.read(bytes.subarray(at, at + size));
      const read = Math.min(at + size, bytes.length);
      expect([read, frames.isPartial]).toEqual([read, !ends.includes(read)]);
    }
    expect(frames.begun).toBe(3);
  });
});
