/**
 * PostgreSQL's own parser (libpg-query, PostgreSQL 18): statements, PL/pgSQL bodies, tokens. Whatever it does on a hostile
 * source, a typed answer comes out: a tree, or why there is none.
 */
import { hasSqlDetails, loadModule, parsePlPgSQLSync, parseSync, scanSync } from 'libpg-query';
import { type Fields, fieldsOf, listOf, numberOf } from './syntax-tree.ts';

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

export interface Token {
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly isComment: boolean;
}

/** Must be awaited once before anything else here. */
export async function loadParser(): Promise<void> {
  await loadModule();
}

/** @throws ParseFailure */
export function parseStatements(text: string): ParsedStatement[] {
  // libpg-query refuses a text without any; with comments only it gives none.
  if (text.trim() === '') return [];
  const length = Buffer.byteLength(text);
  const parsed: unknown = guarded(text, () => parseSync(text));
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

/** The PL/pgSQL function in a CREATE FUNCTION statement that says LANGUAGE plpgsql. @throws ParseFailure */
export function parseBody(statement: string): Fields {
  const parsed: unknown = guarded(statement, () => parsePlPgSQLSync(statement));
  return fieldsOf(fieldsOf(listOf(fieldsOf(parsed).plpgsql_funcs)[0]).PLpgSQL_function);
}

/** The tokens of a text that parses. */
export function tokensOf(text: string): Token[] {
  return guarded(text, () => scanSync(text)).tokens.map(({ start, end, text: token, tokenName }) => ({
    from: start,
    to: end,
    text: token,
    isComment: tokenName === 'SQL_COMMENT' || tokenName === 'C_COMMENT',
  }));
}

function guarded<Result>(text: string, parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    if (error instanceof Error && hasSqlDetails(error)) {
      // The parser counts characters.
      const position = error.sqlDetails?.cursorPosition ?? 0;
      const at = Buffer.byteLength([...text].slice(0, position).join(''));
      throw new ParseFailure(error.message, at);
    }
    // Of a PL/pgSQL body it says what is wrong, and not where; what it did not mean to say is an error of another class.
    if (error instanceof Error && error.constructor === Error) throw new ParseFailure(error.message, 0);
    throw new ParseFailure(
      error instanceof RangeError ? 'it is nested too deeply' : `the parser gave up: ${String(error)}`,
      0,
    );
  }
}
