/**
 * How many times the short form of the fault suites is run: 1 in `npm test`; 10 by `npm run faults`, or what
 * `FAULTS_SCALE` says, a fraction included.
 */
const faultsScale = readScale(process.env.FAULTS_SCALE);

/** Whether this run is longer than that of `npm test`: some suites then work on more at once, too. */
export const isLongForm = faultsScale > 1;

/** A count of the short form, at the scale of this run; at least 1. */
export function scaled(count: number): number {
  return Math.max(1, Math.round(count * faultsScale));
}

/** A bound on a suite's time that grows with it, but never below that of the short form. */
export function scaledTimeoutMs(shortFormMs: number): number {
  return Math.round(shortFormMs * Math.max(1, faultsScale));
}

function readScale(text: string | undefined): number {
  if (text === undefined || text === '') return 1;
  const scale = Number(text);
  if (scale > 0 && scale <= 1_000) return scale;
  throw new Error(`FAULTS_SCALE is ${text}; give a number above 0, at most 1000.`);
}
