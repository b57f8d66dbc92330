/**
 * What comes with the package to begin with: contracts, `templates/<name>/<name>.sql`, and resolvers of conflicts to be put
 * into one, `templates/resolvers/<name>.sql`; the tests of each beside it.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../contract/engine-description.ts';
import { AergoError } from '../errors.ts';
import { readTextFile } from './input-file.ts';

export interface Template {
  readonly name: string;
  /** The first line of its source. */
  readonly summary: string;
  readonly source: string;
  readonly tests: string;
}

const resolverFolder = 'resolvers';
const folder = (...names: string[]): string => join(packageRoot(), 'templates', ...names);

const templateNames = (): string[] =>
  readdirSync(folder())
    .filter((name) => name !== resolverFolder)
    .sort();

const resolverNames = (): string[] =>
  readdirSync(folder(resolverFolder))
    .flatMap((file) => /^([a-z]+)\.sql$/.exec(file)?.[1] ?? [])
    .sort();

const readTemplate = (name: string): Template => read(name, folder(name, name));
const readResolver = (name: string): Template => read(name, folder(resolverFolder, name));

export const templates = (): Template[] => templateNames().map(readTemplate);
export const resolvers = (): Template[] => resolverNames().map(readResolver);

/** @throws AergoError AERGO_TEMPLATE_UNKNOWN */
export function templateNamed(name: string): Template {
  const names = templateNames();
  if (!names.includes(name)) throw unknown('template', name, names);
  return readTemplate(name);
}

/** @throws AergoError AERGO_TEMPLATE_UNKNOWN */
export function resolverNamed(name: string): Template {
  const names = resolverNames();
  if (!names.includes(name)) throw unknown('resolver', name, names);
  return readResolver(name);
}

function unknown(what: string, name: string, candidates: readonly string[]): AergoError {
  return new AergoError('AERGO_TEMPLATE_UNKNOWN', `there is no ${what} ${JSON.stringify(name)}`, {
    hint: `there are ${candidates.join(', ')}`,
    details: { template: name, candidates },
  });
}

function read(name: string, path: string): Template {
  const source = readTextFile(`${path}.sql`);
  const summary = /^-- (.*)$/m.exec(source)?.[1] ?? '';
  return { name, summary, source, tests: readTextFile(`${path}.test.sql`) };
}
