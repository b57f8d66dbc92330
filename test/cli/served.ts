/** `aergo serve` as a process of a world, on a port of the system's choice. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { isRecord, schemaFault } from './schemas.ts';
import { launcher, type World } from './world.ts';

export interface Served {
  /** `http://127.0.0.1:…` */
  readonly origin: string;
  /** Tells it to stop, and gives its exit code and its log. */
  stop(signal?: 'SIGINT' | 'SIGTERM'): Promise<{ code: number | null; log: string }>;
}

/** Serves the repositories below a directory. @param key whose key publishes */
export async function serve(world: World, directory: string, key: string, flags: string[] = []): Promise<Served> {
  const words = ['--json', '--key', key, 'serve', directory, '--listen', '127.0.0.1:0', ...flags];
  const child = spawn(process.execPath, [launcher, ...words], {
    cwd: world.directory,
    env: world.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([new Promise<string>((resolve) => lines.once('line', resolve)), ended]);
  if (typeof first !== 'string') throw new Error(`the server did not start: ${log}`);
  const value: unknown = JSON.parse(first);
  const fault = schemaFault(value);
  if (fault !== undefined || !isRecord(value)) throw new Error(`${fault ?? 'no object'}: ${first}`);
  return {
    origin: String(value.origin),
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      return { code: await ended, log };
    },
  };
}
