/**
 * Running an import: its data are rows in a table's own form, and must be exactly the tree that those rows give, as the tree
 * may become the state's own.
 */
import type { Engine, RowWrite } from '../contract/engine.ts';
import { AergoError, type ErrorCode } from '../errors.ts';
import type { Oid } from '../object/oid.ts';
import type { ObjectBuffer, ObjectSource } from '../object/source.ts';
import type { Row } from '../state/row.ts';
import { buildTable, scanRows, type Table, type TableRoot } from '../state/table.ts';
import { engineFailed, type Refusal, refusal } from './refusal.ts';
import type { ImportTransaction } from './transaction.ts';
import type { WorkingState } from './working-state.ts';

/** What an import did: the number of rows that it inserted. */
export interface Imported {
  readonly rows: number;
}

/** The `data` of an import as the root of a table. */
export function dataRoot(source: ObjectSource, data: Oid): TableRoot {
  return { oid: data, mode: source.read(data).type === 'tree' ? '40000' : '100644' };
}

/** The rows that an import brought: they came where there was none. */
export function importedRows(source: ObjectSource, { schema }: Table, load: ImportTransaction): RowWrite[] {
  const data: Table = { schema, root: dataRoot(source, load.data) };
  return [...scanRows(source, data)].map(({ name, line }) => ({ table: load.table, name, before: null, after: line }));
}

/** What the data of an import may be found to be; damage of the store is not among it. */
const faultsOfData: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'AERGO_IMPORT_NOT_NORMAL',
  'AERGO_JSON_NOT_CANONICAL',
  'AERGO_KEY_NULL',
  'AERGO_KEY_TOO_LONG',
  'AERGO_OBJECT_DAMAGED',
  'AERGO_OBJECT_INVALID',
  'AERGO_OBJECT_MISSING',
  'AERGO_ROW_INVALID',
  'AERGO_ROW_KEY_INVALID',
  'AERGO_ROW_NAME_INVALID',
  'AERGO_STATE_INVALID',
]);

/** Inserts the rows of the import's data: all of them with every constraint, or none. */
export async function importRows(
  engine: Engine,
  buffer: ObjectBuffer,
  state: WorkingState,
  load: ImportTransaction,
  refusedBySnapshot: (rows: Iterable<{ table: string; name: string; line: null }>) => Refusal | undefined,
): Promise<Imported | Refusal> {
  const { table } = load;
  try {
    const { rows, root } = readData(buffer, state, load);
    const conflict = refusedBySnapshot(rows.map(({ name }) => ({ table, name, line: null })));
    if (conflict !== undefined) return conflict;
    const lines = rows.map((row) => row.line);
    const outcome = await engine.importRows(table, lines);
    if (outcome.status === 'failed') return engineFailed(table, outcome);
    if (state.isEmpty(table)) state.replaceRows(table, root);
    else for (const row of rows) state.write(table, row.name, row.line);
    return { rows: rows.length };
  } catch (error) {
    if (error instanceof AergoError && faultsOfData.has(error.code)) return unfit(load, error.message, error);
    throw error;
  }
}

/** The rows of the data, which must be as many as the import says and in the one tree that such rows have. */
function readData(
  buffer: ObjectBuffer,
  state: WorkingState,
  load: ImportTransaction,
): { rows: Row[]; root: TableRoot } {
  const schema = state.schema(load.table);
  if (schema === undefined) throw new Error(`an import into ${load.table}, which was not there, was admitted`);
  const data: Table = { schema, root: dataRoot(buffer, load.data) };
  const rows = [...scanRows(buffer, data)];
  if (rows.length !== load.rows) throw importInvalid(`it says ${load.rows} rows and brings ${rows.length}`);
  // Put anew, so that the block has the tree among its objects whatever the store may lose.
  const root = buildTable(buffer, rows);
  if (root.oid !== load.data) throw importInvalid('its rows are not in the tree that a table of such rows has');
  return { rows, root };
}

const importInvalid = (what: string): AergoError => new AergoError('AERGO_STATE_INVALID', what);

/** Data that no table of this schema can have: it was made for another, or by no `aergo`. */
function unfit(load: ImportTransaction, what: string, cause: AergoError): Refusal {
  return refusal('contract-changed', {
    code: 'AERGO_IMPORT_INVALID',
    message: `the data of the import do not fit ${load.table}: ${what}`,
    hint: 'import the rows again, into the table as it is now',
    details: { table: load.table, data: load.data },
    cause,
  });
}
