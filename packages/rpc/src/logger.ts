import pino, { type Logger } from 'pino';

export type { Logger } from 'pino';

/** The levels that `LOG_LEVEL` may name, from quiet to loud. */
export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
/** One of them. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * JSON lines on stderr, one a record, with `name`, `level` as a word and `time` in ISO 8601. Standard output is left to
 * the ready line. Synchronous, so that the last words of a dying process are not lost.
 *
 * @param level default `info`
 */
export function createLogger({ name, level = 'info' }: { name: string; level?: LogLevel }): Logger {
  return pino(
    {
      name,
      level,
      base: { name, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ fd: 2, sync: true }),
  );
}
