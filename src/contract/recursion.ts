/**
 * Functions that may call themselves: directly, through other functions, or through what stands behind a table, a view or a
 * domain (defaults, constraints, queries). Whoever mentions a name counts as using it, so there may be some too many and never
 * one too few. The engine counts how deep these go (`aergo.descend`). PostgreSQL looks up the names in a function in SQL as it is
 * made, so every circle has a function in PL/pgSQL, and those alone need to count.
 */
import { countBegin, countEnd } from './counted-body.ts';
import type { FunctionBody } from './function-rules.ts';
import type { ContractStatement } from './parsed-contract.ts';
import { type Token, tokensOf } from './parser.ts';

type Bodies = ReadonlyMap<string, FunctionBody>;

/**
 * Gives the functions that may call themselves a body that counts.
 * @param bodies by the functions' names
 * @param isMigration whose functions and those in force call each other as nobody can tell: all of them count
 */
export function withCounts(
  statements: readonly ContractStatement[],
  bodies: Bodies,
  isMigration: boolean,
): ContractStatement[] {
  const uses = usesOf(statements, bodies);
  return statements.map((statement) => {
    const body = bodyOf(statement, bodies);
    const counts = body?.language === 'plpgsql' && (isMigration || comesBack(uses, statement.name));
    return counts ? { ...statement, counted: countedBody(body.text) } : statement;
  });
}

function bodyOf({ kind, name }: ContractStatement, bodies: Bodies): FunctionBody | undefined {
  return kind === 'function' ? bodies.get(name) : undefined;
}

/** A body in PL/pgSQL that counts how deep it is before anything else, its declarations included. Lines stay what they are. */
function countedBody(body: string): string {
  const tokens = tokensOf(body).filter((token) => !token.isComment);
  let first = 0;
  // Options come before everything: `#variable_conflict use_column`.
  while (tokens[first]?.text === '#') first += 3;
  const bytes = Buffer.from(body, 'utf8');
  const begin = tokens[first]?.from ?? 0;
  const end = tokens.at(-1)?.text === ';' ? '' : ';';
  return `${bytes.toString('utf8', 0, begin)}${countBegin}${bytes.toString('utf8', begin)}\n${end}${countEnd}`;
}

type Uses = ReadonlyMap<string, ReadonlySet<string>>;

/** By a definition's name, which names of the contract it mentions. */
function usesOf(definitions: readonly ContractStatement[], bodies: Bodies): Uses {
  const all = new Set(definitions.map(({ name }) => name));
  const uses = new Map([...all].map((name) => [name, new Set<string>()]));
  const tables = new Set(definitions.filter(({ kind }) => kind === 'table').map(({ name }) => name));
  const add = (from: string, names: Iterable<string>): void => {
    for (const name of names) uses.get(from)?.add(name);
  };
  for (const definition of definitions) {
    const named = namesIn(definition, bodyOf(definition, bodies), all);
    add(definition.name, named);
    const touched = [...named].filter((name) => tables.has(name));
    // An index is its table's; and a row that goes takes those along that refer to it.
    if (definition.kind === 'index') for (const table of touched) add(table, named);
    if (definition.kind === 'table') for (const table of touched) add(table, [definition.name]);
  }
  return uses;
}

function namesIn(
  { kind, name, text }: ContractStatement,
  body: FunctionBody | undefined,
  all: ReadonlySet<string>,
): Set<string> {
  const tokens = tokensOf(text);
  // That a function is named is no use of it.
  const own = kind === 'function' ? tokens.findIndex((token) => nameOf(token) === name) : -1;
  const others = [...tokens.filter((_, at) => at !== own), ...(body === undefined ? [] : tokensOf(body.text))];
  // What is written by code points may be any name.
  if (others.some((token) => /^u&"/i.test(token.text))) return new Set(all);
  return new Set(others.map(nameOf).filter((used) => all.has(used)));
}

function nameOf({ text }: Token): string {
  return text.startsWith('"') ? text.slice(1, -1) : text.toLowerCase();
}

function comesBack(uses: Uses, name: string): boolean {
  const seen = new Set<string>();
  const open = [...(uses.get(name) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === name) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(uses.get(next) ?? []));
  }
  return false;
}
