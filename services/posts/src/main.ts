import { runService } from '@tandem/rpc';
import { startPosts } from './app.ts';
import { readPostsConfig } from './config.ts';

await runService('posts', { readConfig: readPostsConfig, start: startPosts });
