/**
 * `engine.json`: what a state depends on beside the transactions. Its blob id is the engine id, in every block's tree. Made
 * when the package is built, beside the prepared data directory; a change of any part of it is another engine.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canonicalJson } from '../crypto/canonical-json.ts';
import { AergoError } from '../errors.ts';
import { sandboxTemplate } from './contract-sql.ts';
import { hiddenTypesSql, preparationSql, sessionSql } from './engine-sql.ts';
import { migrationTemplate } from './migration-sql.ts';
import { engineLimits, engineSettings, initialisation } from './settings.ts';
import { zoneAbbreviations } from './time-zones.ts';

/** What only the builder can know. */
export interface EngineParts {
  /** PGlite's version. */
  readonly version: string;
  /** SHA-256 of its WASM, in hexadecimal digits. */
  readonly wasm: string;
  /** The SQL of the grants. */
  readonly grants: string;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The canonical JSON text of `engine.json`, LF included. */
export function describeEngine(parts: EngineParts): string {
  return `${canonicalJson({
    format: 1,
    grants: digest(parts.grants),
    initialisation: [...initialisation],
    limits: { ...engineLimits },
    pglite: { version: parts.version, wasm: parts.wasm },
    preparation: digest(preparationSql + sessionSql + hiddenTypesSql),
    sandbox: digest(sandboxTemplate() + migrationTemplate()),
    settings: { ...engineSettings },
    zones: zoneAbbreviations,
  })}\n`;
}

/** The package's own directory: where the package.json named `aergo` is. */
export function packageRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const file = join(directory, 'package.json');
    if (existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as { name?: string }).name === 'aergo')
      return directory;
    const parent = dirname(directory);
    if (parent === directory)
      throw new AergoError('AERGO_ENGINE_MISSING', 'the package of aergo is not where its code runs from');
    directory = parent;
  }
}

/** Where the builder leaves the prepared data directory and its description. */
export function engineFiles(): { archive: string; description: string } {
  const directory = join(packageRoot(), 'dist', 'engine');
  return { archive: join(directory, 'data.tar'), description: join(directory, 'engine.json') };
}

let described: string | undefined;

/**
 * The canonical JSON text of this build's `engine.json`; its blob id is the engine id.
 * @throws AergoError AERGO_ENGINE_MISSING when the package was not built
 */
export function engineDescription(): string {
  described ??= readEngineFile(engineFiles().description).toString('utf8');
  return described;
}

/** @throws AergoError AERGO_ENGINE_MISSING when it is not there */
export function readEngineFile(file: string): Buffer<ArrayBuffer> {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new AergoError('AERGO_ENGINE_MISSING', `the prepared SQL engine is not there: ${file}`, {
      cause,
      hint: 'npm run build',
    });
  }
}
