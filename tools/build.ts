/**
 * Makes `dist/` from the sources: commands and library bundled by entry, so that a command loads only what it needs; the
 * manifest of the commands; type declarations; the SQL engine's prepared data directory. Run by `npm run build`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core';
import { rolldown } from 'rolldown';
import { configOptions } from '../src/cli/oclif-config.ts';
import { makeEngineArchive } from './engine-archive.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

/**
 * What is loaded as it lies in node_modules: native code, and WASM that finds its files beside itself; and ink's tool for
 * developers, which is not installed.
 */
const external = [/^@electric-sql\//, /^libpg-query/, /^level$/, /^classic-level/, /^react-devtools-core$/];

const entries = [
  ...globSync('commands/**/*.ts', { cwd: root }),
  'src/cli/main.ts',
  'src/repository.ts',
  ...globSync('src/**/*worker.ts', { cwd: root }),
].filter((path) => existsSync(join(root, path)));

async function bundle(): Promise<string[]> {
  const build = await rolldown({
    cwd: root,
    input: Object.fromEntries(entries.map((path) => [path.replace(/\.ts$/, ''), path])),
    platform: 'node',
    // React's own checks while it is developed are not for those who use it.
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
    external,
    logLevel: 'warn',
  });
  const { output } = await build.write({
    dir: dist,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    sourcemap: true,
    minify: false,
  });
  await build.close();
  return output.map((file) => file.fileName);
}

/** Files of earlier builds go last, so that a process that runs meanwhile still finds what it needs. */
function removeStale(written: readonly string[]): void {
  const current = new Set(written.flatMap((file) => [file, `${file}.map`]));
  for (const folder of ['commands', 'src', 'chunks']) {
    const path = join(dist, folder);
    if (!existsSync(path)) continue;
    for (const file of readdirSync(path, { recursive: true, withFileTypes: true })) {
      const full = join(file.parentPath, file.name);
      if (file.isFile() && !current.has(relative(dist, full))) rmSync(full);
    }
  }
}

async function writeManifest(version: string): Promise<number> {
  const { pjson, root: pluginRoot } = configOptions({ root, version });
  const plugin = new Plugin({
    root: pluginRoot,
    isRoot: true,
    ignoreManifest: true,
    errorOnManifestCreate: true,
    respectNoCacheDefault: true,
    ...(pjson === undefined ? {} : { pjson }),
  });
  await plugin.load();
  writeFileSync(join(dist, 'oclif.manifest.json'), JSON.stringify(plugin.manifest));
  return Object.keys(plugin.manifest.commands).length;
}

/** Declarations of the library for other programs. Whether the types are right is `npm run types`' question. */
function declareTypes(): void {
  if (!existsSync(join(root, 'src', 'repository.ts'))) return;
  const configuration = join(dist, 'tsconfig.json');
  const compilerOptions = {
    noEmit: false,
    noCheck: true,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: '..',
    outDir: 'types',
  };
  writeFileSync(
    configuration,
    JSON.stringify({ extends: '../tsconfig.json', compilerOptions, files: ['../src/repository.ts'], include: [] }),
  );
  const run = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', configuration], { stdio: 'inherit' });
  if (run.status !== 0) throw new Error('tsc could not write the declarations');
}

const started = performance.now();
const { version }: { version: string } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
mkdirSync(dist, { recursive: true });
const written = await bundle();
removeStale(written);
const commands = await writeManifest(version);
declareTypes();
await makeEngineArchive();
const seconds = ((performance.now() - started) / 1000).toFixed(1);
process.stdout.write(`built ${commands} commands in ${seconds} s\n`);
