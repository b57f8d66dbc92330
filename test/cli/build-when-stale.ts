/** Tests of whole processes run the built program: it is built once before them, when a source is newer than it. */
import { spawnSync } from 'node:child_process';
import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './world.ts';

export default function buildWhenStale(): void {
  const built = statSync(join(root, 'dist', 'oclif.manifest.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = globSync(['src/**/*.ts', 'commands/**/*.ts', 'tools/*.ts', 'package.json'], { cwd: root });
  if (sources.every((path) => statSync(join(root, path)).mtimeMs <= built)) return;
  const run = spawnSync(process.execPath, [join(root, 'tools', 'build.ts')], { cwd: root, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`the build failed:\n${run.stdout}${run.stderr}`);
}
