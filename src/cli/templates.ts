/** The contracts to begin with that come with the package: `templates/<name>/<name>.sql`, its tests beside it. */
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

export function templates(): Template[] {
  return readdirSync(join(packageRoot(), 'templates')).sort().map(readTemplate);
}

/** @throws AergoError AERGO_TEMPLATE_UNKNOWN */
export function templateNamed(name: string): Template {
  const names = readdirSync(join(packageRoot(), 'templates')).sort();
  if (names.includes(name)) return readTemplate(name);
  throw new AergoError('AERGO_TEMPLATE_UNKNOWN', `there is no template ${JSON.stringify(name)}`, {
    hint: `there are ${names.join(', ')}`,
    details: { template: name, candidates: names },
  });
}

function readTemplate(name: string): Template {
  const file = (ending: string): string => readTextFile(join(packageRoot(), 'templates', name, `${name}${ending}`));
  const source = file('.sql');
  const summary = /^-- (.*)$/m.exec(source)?.[1] ?? '';
  return { name, summary, source, tests: file('.test.sql') };
}
