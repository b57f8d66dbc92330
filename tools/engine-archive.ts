/**
 * Prepares the SQL engine's data directory once, when the package is built, so that opening an engine takes 0.3 s and not 3:
 * `dist/engine/data.tar` (roles, schemas, aergo.* functions, capture, grants) beside its description `engine.json`. It is
 * made again only when what goes into it has changed.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { driverSql } from '../src/contract/contract-sql.ts';
import { describeEngine, type EngineParts, engineFiles } from '../src/contract/engine-description.ts';
import { hiddenTypesSql, preparationSql } from '../src/contract/engine-sql.ts';
import { grantsSql } from '../src/contract/grants.ts';
import { initialisation, startParameters } from '../src/contract/settings.ts';

function parts(): EngineParts {
  const distribution = dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite'));
  const { version } = JSON.parse(readFileSync(join(distribution, '..', 'package.json'), 'utf8')) as { version: string };
  const wasm = createHash('sha256')
    .update(readFileSync(join(distribution, 'pglite.wasm')))
    .digest('hex');
  return { version, wasm, grants: grantsSql() };
}

async function prepare(): Promise<Uint8Array> {
  const server = await PGlite.create({ initDbStartParams: [...initialisation], startParams: startParameters() });
  for (const sql of [preparationSql, grantsSql(), driverSql([])]) await server.exec(sql);
  // Nobody connects to the templates, and two thirds of the archive would be theirs.
  await server.exec(
    "UPDATE pg_database SET datistemplate = false, datallowconn = true WHERE datname IN ('template0', 'template1')",
  );
  await server.exec('DROP DATABASE template0');
  await server.exec('DROP DATABASE template1');
  await server.exec('VACUUM (FREEZE, ANALYZE)');
  await server.exec(hiddenTypesSql);
  await server.exec('CHECKPOINT');
  const archive = await server.dumpDataDir('none');
  await server.close();
  return new Uint8Array(await archive.arrayBuffer());
}

function writeWhole(file: string, content: string | Uint8Array): void {
  writeFileSync(`${file}.new`, content);
  renameSync(`${file}.new`, file);
}

/** Makes the archive where it is not there, or was made from something else. Says whether it was made. */
export async function makeEngineArchive(): Promise<boolean> {
  const files = engineFiles();
  const description = describeEngine(parts());
  const isCurrent =
    existsSync(files.archive) &&
    existsSync(files.description) &&
    readFileSync(files.description, 'utf8') === description;
  if (isCurrent) return false;
  mkdirSync(dirname(files.archive), { recursive: true });
  writeWhole(files.archive, await prepare());
  writeWhole(files.description, description);
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const made = await makeEngineArchive();
  process.stdout.write(`${engineFiles().archive}: ${made ? 'made' : 'up to date'}\n`);
}
