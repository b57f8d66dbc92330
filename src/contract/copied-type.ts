/**
 * `x%TYPE` and `x%ROWTYPE` in PL/pgSQL: the type of something else. PostgreSQL looks for x in its own catalogue too, without
 * asking for a right, so x must be the contract's: a float or an OID that was declared so would pass every other layer.
 */
import { isContractName } from './names.ts';
import type { SourceNames } from './source-names.ts';

type Complaint = readonly [message: string, instead: string];

/**
 * What speaks against a declaration's type.
 * @param text as the parser gives it: without quotes, spaces and comments
 * @param variables what the function declares, its parameters included
 * @returns undefined when it stands for a type that was checked where it was declared; `none` when nothing is copied
 */
export function copiedTypeFault(
  text: string,
  names: SourceNames,
  variables: ReadonlySet<string>,
): Complaint | 'none' | undefined {
  const [, source = '', word = ''] = /^(.*)%(type|rowtype)$/i.exec(text) ?? [];
  if (word === '') return 'none';
  const outside: Complaint = [
    `${source}%${word.toUpperCase()} copies a type from outside the contract`,
    'the type itself; t%ROWTYPE or t.c%TYPE of a table of the contract; v%TYPE of a variable',
  ];
  const [owner = '', column, ...more] = source.split('.');
  const relation = names.relations.get(owner);
  if (more.length > 0) return outside;
  if (word.toLowerCase() === 'rowtype') return relation !== undefined && column === undefined ? undefined : outside;
  if (column === undefined) return variables.has(owner) ? undefined : outside;
  if (relation !== undefined) {
    if (relation.columns?.includes(column) ?? true) return undefined;
    return [`${owner} has no column ${column} of the contract's`, 'one of its columns, or the type itself'];
  }
  // A block's label, which must not be the name of a table of PostgreSQL's.
  return isContractName(owner) && variables.has(column) ? undefined : outside;
}
