import type { Workload } from '../workload.ts';
import { createUser } from './create-user.ts';
import { echo } from './echo.ts';
import { getUserCold } from './get-user-cold.ts';
import { getUserStrong } from './get-user-strong.ts';
import { importUsers } from './import-users.ts';
import { transferAmongAll, transferAmongTen } from './transfer-points.ts';

/** Every line of the table, in its order. */
export const workloads: readonly Workload[] = [
  echo,
  getUserStrong,
  getUserCold,
  createUser,
  transferAmongTen,
  transferAmongAll,
  importUsers,
];
