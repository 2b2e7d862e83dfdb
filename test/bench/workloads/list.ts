import type { Workload } from '../workload.ts';
import { echo } from './echo.ts';
import { getUserCold } from './get-user-cold.ts';
import { getUserStrong } from './get-user-strong.ts';

/** Every line of the table, in its order. */
export const workloads: readonly Workload[] = [echo, getUserStrong, getUserCold];
