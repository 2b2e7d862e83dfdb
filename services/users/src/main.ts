import { runService } from '@tandem/rpc';
import { startUsers } from './app.ts';
import { readUsersConfig } from './config.ts';

await runService('users', { readConfig: readUsersConfig, start: startUsers });
