/**
 * What tests run is made before them, when a source is newer than it: the SQL engine's data directory for all, and the built
 * program for those that start whole processes.
 */
import { spawnSync } from 'node:child_process';
import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './world.ts';

/** The folders whose tests start the built program. */
const startsProcesses = /test\/(?:cli|tui|documents|long)/;

export default function buildWhenStale(): void {
  const asked = process.argv.slice(2).filter((word) => word.startsWith('test/'));
  if (asked.length > 0 && !asked.some((path) => startsProcesses.test(path))) {
    run('engine-archive.ts');
    return;
  }
  const built = statSync(join(root, 'dist', 'oclif.manifest.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = globSync(['src/**/*.{ts,tsx}', 'commands/**/*.ts', 'tools/*.ts', 'package.json'], { cwd: root });
  if (sources.some((path) => statSync(join(root, path)).mtimeMs > built)) run('build.ts');
}

function run(tool: string): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'tools', tool)], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${tool} failed:\n${stdout}${stderr}`);
}
