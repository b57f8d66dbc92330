/** Starts a server as a process of its own (serving-process.ts) and looks at its memory. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { PackLimits } from '../../src/wire/pack-fault.ts';

export interface ServingProcess {
  readonly origin: string;
  /** Resident, in MiB: now, and the most that there was. */
  memory(): number;
  mostMemory(): number;
  stop(): Promise<void>;
}

export async function startServing(root: string, packs: Partial<PackLimits> = {}): Promise<ServingProcess> {
  const program = fileURLToPath(new URL('./serving-process.ts', import.meta.url));
  const child = spawn(process.execPath, [program, root, JSON.stringify(packs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'close');
  const [origin] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const memory = (kind: string): number => {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return Number(new RegExp(`${kind}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
  };
  return {
    origin,
    memory: () => memory('VmRSS'),
    mostMemory: () => memory('VmHWM'),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
