/**
 * `schema.json` of a table: its columns in order, its key, and its definition as its author wrote it; enough to make the
 * table anew and to name and encode its rows without any engine.
 * Frozen with format 1 (JSON Schema: schemas/format/schema.schema.json; vectors: fixtures/format/state-trees.json).
 */
import { z } from 'zod';
import { canonicalJson, parseCanonicalJson } from '../crypto/canonical-json.ts';
import { AergoError } from '../errors.ts';

const identifier = z.string().min(1).max(63);

const columnSchema = z.strictObject({
  name: identifier,
  type: identifier.describe(
    "PostgreSQL's base name of the type (text, varchar, int8, …), or an enum's or domain's name.",
  ),
  modifier: z.exactOptional(z.string().min(1)).describe('As between the parentheses: "15,2" of numeric(15,2).'),
  notNull: z.exactOptional(z.literal(true)),
  default: z.exactOptional(z.literal(true)).describe('The column has a default; its text is in `elements`.'),
  generated: z.exactOptional(z.literal(true)).describe('The column is generated; its expression is in `elements`.'),
});

/** The strict form of `schema.json`; its JSON Schema is `schemas/format/schema.schema.json`. */
export const tableSchemaForm = z.strictObject({
  columns: z.array(columnSchema).min(1),
  key: z.array(identifier).min(1).describe('The columns of the primary key, in its order.'),
  elements: z.array(z.string()).describe('The elements of CREATE TABLE, columns and constraints, as written.'),
  indexes: z.array(z.string()).describe('The CREATE INDEX statements, as written.'),
});

/** One column of a table. */
export interface ColumnSchema {
  readonly name: string;
  /** PostgreSQL's base name (`text`, `varchar`, `int2`, `int8`, `numeric`, `bool`, …), or an enum's or domain's name. */
  readonly type: string;
  /** As between the parentheses: `15,2` of `numeric(15,2)`. */
  readonly modifier?: string;
  readonly notNull?: true;
  readonly default?: true;
  readonly generated?: true;
}

/** A table, as `schema.json` says it. An enum's key is a text key, so names follow from this alone. */
export interface TableSchema {
  readonly columns: readonly ColumnSchema[];
  /** The columns of the primary key, in its order. */
  readonly key: readonly string[];
  /** The elements of CREATE TABLE, columns and constraints, as their author wrote them. */
  readonly elements: readonly string[];
  /** CREATE INDEX statements, as written. */
  readonly indexes: readonly string[];
}

function invalid(what: string, cause?: unknown): AergoError {
  return new AergoError('AERGO_STATE_INVALID', `a schema.json is invalid: ${what}`, { cause });
}

function checkTableSchema(schema: TableSchema): void {
  const names = new Set(schema.columns.map((column) => column.name));
  if (names.size !== schema.columns.length) throw invalid('a column is there twice');
  if (new Set(schema.key).size !== schema.key.length) throw invalid('the key has a column twice');
  const absent = schema.key.find((column) => !names.has(column));
  if (absent !== undefined) throw invalid(`the key's column ${JSON.stringify(absent)} is no column of the table`);
}

/**
 * The text of `schema.json`: canonical JSON and LF.
 * @throws AergoError AERGO_STATE_INVALID when the key does not fit the columns, or a member is of the wrong form
 */
export function encodeTableSchema(schema: TableSchema): string {
  const form = tableSchemaForm.safeParse(schema);
  if (!form.success) throw invalid(describe(form.error), form.error);
  checkTableSchema(schema);
  return `${canonicalJson(form.data)}\n`;
}

/**
 * The table that a `schema.json` describes. `encodeTableSchema` of the result gives the same bytes.
 * @throws AergoError AERGO_STATE_INVALID for whatever is not exactly such a text, AERGO_JSON_NOT_CANONICAL among its causes
 */
export function decodeTableSchema(bytes: Uint8Array): TableSchema {
  if (bytes.at(-1) !== 0x0a) throw invalid('it does not end with LF');
  let value: unknown;
  try {
    value = parseCanonicalJson(bytes.subarray(0, -1));
  } catch (error) {
    throw invalid('it is not canonical JSON', error);
  }
  const form = tableSchemaForm.safeParse(value);
  if (!form.success) throw invalid(describe(form.error), form.error);
  checkTableSchema(form.data);
  return form.data;
}

function describe(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? 'it has another form' : `${issue.path.join('.') || 'the whole'}: ${issue.message}`;
}
