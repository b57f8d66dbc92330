/**
 * Imports: rows from outside become, through the engine, the lines that the table would hold (defaults and generated
 * columns filled in), a tree of pages in a table's own form, and one signed transaction that names the tree.
 */
import type { SigningKey } from '../crypto/key.ts';
import { AergoError } from '../errors.ts';
import { ObjectBuffer } from '../object/source.ts';
import type { Row } from '../state/row.ts';
import { State } from '../state/state.ts';
import { buildTable } from '../state/table.ts';
import type { RepositoryContext } from './context.ts';
import { type Submitted, sign, submitOne } from './submit.ts';

export interface ImportOptions {
  /** `contract.table` */
  readonly table: string;
  readonly columns: readonly string[];
  /** One array a row, a value a column: PostgreSQL's text, or null. */
  readonly rows: AsyncIterable<readonly (string | null)[]>;
  readonly key: SigningKey;
  readonly sealer: SigningKey;
  readonly on?: string;
}

const rowsPerReport = 20_000;

/** Imports the rows, all or none. */
export async function importTable(context: RepositoryContext, options: ImportOptions): Promise<Submitted> {
  const branch = context.branch(options.on);
  const state = State.open(context.store, context.reader.block(branch.block).state, context.cache);
  checkColumns(state, options);
  const engine = await context.engine();
  await engine.moveTo(context.store, state.oid);
  const time = context.nextTime([branch.block]);
  const rows = await engine.normalise(options.table, options.columns, counted(context, options.rows), time);
  if (rows.length === 0) {
    throw new AergoError('AERGO_IMPORT_EMPTY', `there are no rows to import into ${options.table}`, {
      hint: 'nothing was written',
    });
  }
  refuseDouble(options.table, rows);
  const buffer = new ObjectBuffer(context.store);
  const data = buildTable(buffer, rows).oid;
  const unsigned = { columns: options.columns, data, kind: 'import', rows: rows.length, table: options.table };
  const signed = sign(context, branch, unsigned, options.key);
  return submitOne(context, branch, signed, { sealer: options.sealer, buffer });
}

function checkColumns(state: State, { table, columns }: ImportOptions): void {
  const schema = state.table(table)?.schema;
  if (schema === undefined) {
    throw new AergoError('AERGO_TABLE_UNKNOWN', `there is no table ${table}`, {
      hint: 'aergo contract list',
      details: { table, candidates: state.tables() },
    });
  }
  const known = schema.columns.map((column) => column.name);
  const unknown = columns.find((column) => !known.includes(column));
  if (unknown !== undefined) {
    throw new AergoError(
      'AERGO_COLUMN_UNKNOWN',
      `${table} has no column ${JSON.stringify(unknown)}; it has ${known.join(', ')}`,
      {
        hint: 'name the columns in the order of the file with --columns',
        details: { table, column: unknown, candidates: known },
      },
    );
  }
  if (new Set(columns).size !== columns.length) {
    throw new AergoError('AERGO_COLUMN_UNKNOWN', 'a column is named twice', {
      hint: `name each of ${known.join(', ')} once at most`,
    });
  }
}

async function* counted<T>(context: RepositoryContext, rows: AsyncIterable<T>): AsyncGenerator<T> {
  let done = 0;
  for await (const row of rows) {
    yield row;
    done++;
    if (done % rowsPerReport === 0) context.options.onProgress?.({ phase: 'import', done, unit: 'rows' });
  }
}

function refuseDouble(table: string, rows: readonly Row[]): void {
  const at = rows.findIndex((row, index) => index > 0 && rows[index - 1]?.name === row.name);
  if (at < 0) return;
  throw new AergoError('AERGO_CONSTRAINT', `the import has two rows with the key ${rows[at]?.name ?? ''} of ${table}`, {
    hint: 'nothing was written',
    details: { table, row: rows[at]?.name },
  });
}
