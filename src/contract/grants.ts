/**
 * What contracts may use of PostgreSQL: the reviewed list in fixtures/contracts/grants.txt and nothing else. The engine is
 * made with exactly these grants, which are part of its id, and the gate refuses by their names what they do not give.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AergoError } from '../errors.ts';
import { packageRoot } from './engine-description.ts';

export interface Grants {
  /** As `regprocedure` writes them: `abs(bigint)`. */
  readonly functions: readonly string[];
  /** Names alone: `abs`. */
  readonly functionNames: ReadonlySet<string>;
  /** Names alone: `||`. The right to an operator is that to its function. */
  readonly operatorNames: ReadonlySet<string>;
  /** As the catalogue names them: `int8`. */
  readonly types: ReadonlySet<string>;
}

let read: Grants | undefined;

/** The reviewed list. @throws AergoError AERGO_ENGINE_MISSING where the package is not whole */
export function grants(): Grants {
  read ??= parseGrants(grantsText());
  return read;
}

function grantsText(): string {
  const file = join(packageRoot(), 'fixtures', 'contracts', 'grants.txt');
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AergoError('AERGO_ENGINE_MISSING', `the list of granted functions is not there: ${file}`, { cause });
  }
}

function parseGrants(text: string): Grants {
  const sections = new Map<string, string[]>();
  let section: string[] = [];
  for (const line of text.split('\n')) {
    const [entry = ''] = line.split('\t');
    const heading = /^\[(\w+)\]$/.exec(line)?.[1];
    if (heading !== undefined) {
      section = [];
      sections.set(heading, section);
    } else if (entry !== '' && !entry.startsWith('-- ')) section.push(entry);
  }
  const entries = (name: string): string[] => sections.get(name) ?? [];
  return {
    functions: entries('functions'),
    functionNames: new Set(entries('functions').map((entry) => entry.replace(/\(.*$/, '').replaceAll('"', ''))),
    operatorNames: new Set(entries('operators').map((entry) => entry.slice(0, entry.indexOf(' ')))),
    types: new Set(entries('types')),
  };
}

/** SQL that takes everything from everybody and gives back what contracts may use. */
export function grantsSql(): string {
  const given = grants().functions.map((signature) => `GRANT EXECUTE ON FUNCTION ${signature} TO PUBLIC;`);
  return `
REVOKE ALL ON DATABASE postgres FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON SCHEMA information_schema FROM PUBLIC;
REVOKE ALL ON LANGUAGE plpgsql FROM PUBLIC;
REVOKE ALL ON LANGUAGE sql FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA pg_catalog FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA information_schema FROM PUBLIC;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA pg_catalog FROM PUBLIC;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA "aergo$host" FROM PUBLIC;
REVOKE ALL ON TYPE float4 FROM PUBLIC;
REVOKE ALL ON TYPE float8 FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
${given.join('\n')}
`;
}
