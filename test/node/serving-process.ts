/** A server as a process of its own, for tests that measure it or kill it: `node serving-process.ts ROOT [PACK-LIMITS]`; says its origin. */
import { randomBytes } from 'node:crypto';
import { startServer } from '../../src/node/server.ts';
import { keyOf } from '../support/repository-keys.ts';

const [, , root = '', packs = '{}'] = process.argv;
const server = await startServer({
  root,
  host: '127.0.0.1',
  port: 0,
  agent: 'aergo/test',
  key: keyOf('ada'),
  packs: JSON.parse(packs),
  logger: { info: () => undefined, error: (fields) => process.stderr.write(`${JSON.stringify(fields)}\n`) },
  repository: {
    clock: Date.now,
    random: (bytes) => randomBytes(bytes),
    holder: { pid: process.pid, command: 'aergo serve', since: Date.now() },
    lockTimeout_ms: 10_000,
  },
});
process.stdout.write(`${server.origin}\n`);
process.once('SIGTERM', () => void server.close());
