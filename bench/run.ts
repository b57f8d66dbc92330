/**
 * Runs workloads: `npm run bench [-- NAME…]`, all of them without a name, each in a process of its own so that none pays
 * for another's memory. Ends with 1 where a result does not hold; a missed target is told and is no failure.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describeMachine } from './machine.ts';
import { Report } from './report.ts';

interface Workload {
  readonly purpose: string;
  run(report: Report): Promise<void>;
}

const workloads: Readonly<Record<string, () => Promise<Workload>>> = {
  transfers: () => import('./transfers.ts'),
  import: () => import('./import.ts'),
  difference: () => import('./difference.ts'),
  startup: () => import('./startup.ts'),
  merge: () => import('./merge.ts'),
  agreed: () => import('./agreed.ts'),
  verify: () => import('./verify.ts'),
  blame: () => import('./blame.ts'),
  remotes: () => import('./remotes.ts'),
  recovery: () => import('./recovery.ts'),
};

const names = process.argv.slice(2);
const unknown = names.find((name) => workloads[name] === undefined);
if (unknown !== undefined) {
  process.stderr.write(`error: no workload is called ${unknown}; there are ${Object.keys(workloads).join(', ')}\n`);
  process.exitCode = 2;
} else if (names.length === 1) {
  process.stdout.write(`${describeMachine()}\n`);
  await runHere(names[0] ?? '');
} else {
  for (const name of names.length === 0 ? Object.keys(workloads) : names) {
    const { status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), name], { stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
}

async function runHere(name: string): Promise<void> {
  const workload = await workloads[name]?.();
  if (workload === undefined) return;
  const report = new Report();
  report.heading(name, workload.purpose);
  try {
    await workload.run(report);
  } catch (error) {
    process.stderr.write(`  FAILED: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  }
}
