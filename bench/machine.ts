/** The machine and the versions that figures were taken on, and how busy it was with other things. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

const versionOf = (path: string | URL): string =>
  (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;

export function describeMachine(): string {
  const processors = availableParallelism();
  const load = loadavg()[0] ?? 0;
  const busy = load > processors * 0.75 ? ', busy with other things: read the ratios' : '';
  const pglite = new URL('../package.json', `file://${createRequire(import.meta.url).resolve('@electric-sql/pglite')}`);
  return [
    `machine: ${processors} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}, load ${load.toFixed(1)}${busy}`,
    `versions: aergo ${versionOf(new URL('../package.json', import.meta.url))}, Node ${process.versions.node}, PGlite ${versionOf(pglite)}`,
  ].join('\n');
}
