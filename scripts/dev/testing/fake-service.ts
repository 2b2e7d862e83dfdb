import { readFileSync } from 'node:fs';

/** A stand-in for the main file of a service: the file that FAKE_BEHAVIOUR names says how it behaves. */
const behaviour = readFileSync(process.env.FAKE_BEHAVIOUR ?? '', 'utf8');
const [, port = '1'] = behaviour.split(' ');
if (behaviour.startsWith('serve')) {
  console.log(behaviour.includes('stubborn') ? `pid ${process.pid}` : '{"msg":"warming up"}');
  console.log(`users ready grpc=127.0.0.1:${port} edge=127.0.0.1:2`);
  setInterval(() => {}, 60_000);
  if (behaviour.includes('stubborn')) process.on('SIGTERM', () => {});
  if (behaviour.includes('crash')) process.exit(3);
} else if (behaviour.startsWith('throw')) {
  throw new SyntaxError('no such export');
} else if (behaviour.startsWith('hang')) {
  setInterval(() => {}, 60_000);
} else {
  console.error('users: POSTS_TARGET is nonsense: give host:port.');
  process.exit(1);
}
