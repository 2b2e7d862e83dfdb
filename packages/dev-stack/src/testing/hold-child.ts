import { ProcessGuard } from '../process-guard.ts';

/** Starts a guarded child that ignores SIGTERM, tells its process id, and holds it until it is ended itself. */
const [folder = ''] = process.argv.slice(2);
const guard = new ProcessGuard();
guard.removeFolderAtEnd(folder);
const stubborn = "process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 60_000);";
const child = await guard.spawn({
  command: process.execPath,
  args: ['--eval', stubborn],
  options: { stdio: ['ignore', 'pipe', 'ignore'] },
});
child.stdout?.once('data', () => console.log(`child ${child.pid}`));
