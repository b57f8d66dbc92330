/**
 * PostgreSQL's own parser (libpg-query, PostgreSQL 18): statements, PL/pgSQL bodies, tokens. Whatever it does on a hostile
 * source, a typed answer comes out: a tree, or why there is none.
 */
import { createRequire } from 'node:module';
import type * as PgQuery from 'libpg-query';
import { AergoError } from '../errors.ts';
import { engineLimits } from './settings.ts';
import { type Fields, fieldsOf, isFields, listOf, numberOf } from './syntax-tree.ts';

/** One statement of a source: its tree, and its text's place in bytes. */
export interface ParsedStatement {
  readonly tree: unknown;
  readonly from: number;
  readonly to: number;
}

/** A text does not parse. `at`: byte offset into it. */
export class ParseFailure extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** A text parses, or might, and goes over a limit. */
export class LimitExceeded extends ParseFailure {}

export interface Token {
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly isComment: boolean;
}

let parser: typeof PgQuery | undefined;
/** It stopped halfway: its memory and its stack are not what they were. */
let isWorn = false;

/**
 * Must be awaited before a source is read. A parser that stopped halfway is made anew: each such text leaves less stack for the
 * next one, until a good one fails.
 */
export async function loadParser(): Promise<void> {
  if (parser !== undefined && !isWorn) return;
  // As CommonJS, whose modules can be forgotten; those of an import stay for ever.
  const require = createRequire(import.meta.url);
  delete require.cache[require.resolve('libpg-query')];
  const fresh: typeof PgQuery = require('libpg-query');
  await fresh.loadModule();
  parser = fresh;
  isWorn = false;
}

/** @throws ParseFailure, LimitExceeded where it is nested deeper than `engineLimits.nesting` */
export function parseStatements(text: string): ParsedStatement[] {
  // libpg-query refuses a text without any; with comments only it gives none.
  if (text.trim() === '') return [];
  const length = Buffer.byteLength(text);
  const parsed: unknown = guarded(text, (sql) => sql.parseSync(text));
  checkNesting(parsed);
  return listOf(fieldsOf(parsed).stmts).map((item) => {
    const fields = fieldsOf(item);
    const from = numberOf(fields.stmt_location) ?? 0;
    const size = numberOf(fields.stmt_len) ?? 0;
    return { tree: fields.stmt, from, to: size === 0 ? length : from + size };
  });
}

/** Where a statement's first token stands, in bytes: before it the parser leaves white space and comments. */
export function beginOf({ from, to }: ParsedStatement, source: Buffer): number {
  const text = source.toString('utf8', from, to);
  const skipped = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/.exec(text)?.[0] ?? '';
  return from + Buffer.byteLength(skipped);
}

/** The PL/pgSQL function in a CREATE FUNCTION statement that says LANGUAGE plpgsql. @throws as `parseStatements` */
export function parseBody(statement: string): Fields {
  const parsed: unknown = guarded(statement, (sql) => sql.parsePlPgSQLSync(statement));
  checkNesting(parsed);
  return fieldsOf(fieldsOf(listOf(fieldsOf(parsed).plpgsql_funcs)[0]).PLpgSQL_function);
}

/** The tokens of a text that parses. */
export function tokensOf(text: string): Token[] {
  if (text.trim() === '') return [];
  return guarded(text, (sql) => sql.scanSync(text)).tokens.map(({ start, end, text: token, tokenName }) => ({
    from: start,
    to: end,
    text: token,
    isComment: tokenName === 'SQL_COMMENT' || tokenName === 'C_COMMENT',
  }));
}

/** No text of fewer characters is nested so deeply that the parser's stack ends. */
const leastDeep = 2_000;

function guarded<Result>(text: string, parse: (sql: typeof PgQuery) => Result): Result {
  if (parser === undefined) throw new AergoError('AERGO_INTERNAL', 'the parser is not loaded');
  try {
    return parse(parser);
  } catch (error) {
    if (error instanceof Error && parser.hasSqlDetails(error)) {
      // The parser counts characters.
      const position = error.sqlDetails?.cursorPosition ?? 0;
      const at = Buffer.byteLength([...text].slice(0, position).join(''));
      // Its own list of what is open has 10,000 entries.
      if (error.message.startsWith('memory exhausted')) throw tooDeep(at);
      throw new ParseFailure(error.message, at);
    }
    // Of a PL/pgSQL body it says what is wrong, and not where; what it did not mean to say is an error of another class.
    if (error instanceof Error && error.constructor === Error) throw new ParseFailure(error.message, 0);
    isWorn = true;
    // How a stack ends differs between machines; what they say of it does not.
    throw text.length < leastDeep ? new ParseFailure(`the parser gave up: ${String(error)}`, 0) : tooDeep(0);
  }
}

function tooDeep(at: number): LimitExceeded {
  return new LimitExceeded(`it is nested more than ${engineLimits.nesting} deep`, at);
}

/**
 * Counts nodes inside each other. The parser itself goes many times deeper than the limit before its stack ends, so where it
 * ends, and that differs between machines, the text is over the limit on all of them.
 */
function checkNesting(parsed: unknown): void {
  const at = placeBelow(parsed, engineLimits.nesting, 0);
  if (at !== undefined) throw tooDeep(at);
}

/** Where the first node stands that is deeper than `left` more nodes; undefined when there is none. */
function placeBelow(tree: unknown, left: number, near: number): number | undefined {
  if (typeof tree !== 'object' || tree === null) return undefined;
  const own = isFields(tree) && typeof tree.location === 'number' ? tree.location : near;
  for (const [name, value] of Object.entries(tree)) {
    const isNode = /^[A-Z]/.test(name);
    if (isNode && left === 0) return own;
    const found = placeBelow(value, isNode ? left - 1 : left, own);
    if (found !== undefined) return found;
  }
  return undefined;
}
