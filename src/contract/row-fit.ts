/**
 * Judges rows one by one, each by itself: whether its texts are values of its columns, what PostgreSQL writes for them, and
 * whether CHECK and NOT NULL hold. Runs in the engine's worker, inside a savepoint that the caller takes back.
 */
import { AergoError } from '../errors.ts';
import { rowShape } from '../state/row-shape.ts';
import type { TableSchema } from '../state/schema.ts';
import { exhaustedBy } from './call-outcome.ts';
import { inPieces } from './changed-rows.ts';
import { decodeRecord, encodeArray } from './copy-text.ts';
import type { Materialiser } from './materialiser.ts';
import { quoteName, quoteQualified } from './names.ts';
import { columnType, insertable } from './row-sql.ts';
import type { GivenRow, RowFault, RowFit } from './row-violation.ts';
import { EngineBroken } from './session.ts';
import { loss } from './staging.ts';

/** The table that rows are fitted into: what is in it afterwards are those that fit. */
export const fitted = 'pg_temp."aergo$fitted"';

/** Makes the table that rows of `table` are fitted into: its columns, defaults, CHECK and NOT NULL, and no index. */
function openFitted(materialiser: Materialiser, table: string): void {
  materialiser.session.execute(
    `CREATE TEMP TABLE "aergo$fitted" (LIKE ${quoteQualified(table)} INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING CONSTRAINTS)`,
  );
}

/** Takes it away again. */
export function closeFitted(materialiser: Materialiser): void {
  materialiser.session.execute(`DROP TABLE ${fitted}`);
}

/** Fits rows of any tables; the verdicts are in the order of the rows. @throws AergoError AERGO_TABLE_UNKNOWN */
export function fitAll(materialiser: Materialiser, rows: readonly GivenRow[]): RowFit[] {
  const places = new Map<string, number[]>();
  for (const [at, { table }] of rows.entries()) {
    const same = places.get(table);
    if (same === undefined) places.set(table, [at]);
    else same.push(at);
  }
  const fits: RowFit[] = rows.map(() => pending);
  for (const [table, ats] of places) {
    const found = fitRows(
      materialiser,
      table,
      ats.map((at) => rows[at]?.values ?? {}),
    );
    for (const [index, at] of ats.entries()) fits[at] = found[index] ?? pending;
    closeFitted(materialiser);
  }
  return fits;
}

/** Fits rows of one table, in their order. @throws AergoError AERGO_TABLE_UNKNOWN */
export function fitRows(materialiser: Materialiser, table: string, rows: readonly GivenRow['values'][]): RowFit[] {
  const schema = materialiser.schema(table);
  const columns = insertable(schema);
  const fits: RowFit[] = rows.map((values) => {
    const fault = misfitOf(materialiser, table, schema, values);
    return fault === undefined ? pending : { fault };
  });
  const open = fits.flatMap((fit, at) => (fit === pending ? [at] : []));
  openFitted(materialiser, table);
  const found = insertEach(
    materialiser,
    { table, into: fitted },
    open.map((at) => columns.map((column) => rows[at]?.[column] as string | null)),
  );
  for (const [index, at] of open.entries()) fits[at] = found[index] ?? pending;
  return fits;
}

const pending: RowFit = { fault: { kind: 'type', message: 'it was not tried' } };

/** What is wrong with a row before PostgreSQL reads it; what PostgreSQL would round off or cut away is among it. */
function misfitOf(
  materialiser: Materialiser,
  table: string,
  schema: TableSchema,
  values: GivenRow['values'],
): RowFault | undefined {
  const unknown = Object.keys(values).find((name) => !schema.columns.some((column) => column.name === name));
  if (unknown !== undefined)
    return { kind: 'columns', constraint: unknown, message: `${table} has no column ${JSON.stringify(unknown)}` };
  const domains = materialiser.contracts().get(table.split('.')[0] ?? '')?.domains ?? [];
  for (const { name, type, modifier, generated } of schema.columns) {
    if (generated === true) continue;
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) return { kind: 'columns', constraint: name, message: `column ${name} is absent` };
    if (value === null) continue;
    if (typeof value !== 'string')
      return { kind: 'type', constraint: name, message: `${name} is neither a text nor null, which a column is` };
    const own = domains.find((domain) => domain.name === type)?.type;
    const fault =
      value.includes('\0') || !value.isWellFormed()
        ? 'is no text'
        : loss(value, own ?? `${type}${modifier === undefined ? '' : `(${modifier})`}`);
    if (fault !== undefined)
      return { kind: 'type', constraint: name, message: `${name}: ${JSON.stringify(value.slice(0, 60))} ${fault}` };
  }
  return undefined;
}

/**
 * Inserts rows one by one, each in a subtransaction of its own: those that fail change nothing.
 * @param rows the texts of the columns that have a value of their own
 */
export function insertEach(
  materialiser: Materialiser,
  { table, into }: { readonly table: string; readonly into: string },
  rows: readonly (readonly (string | null)[])[],
): RowFit[] {
  const { session } = materialiser;
  const schema = materialiser.schema(table);
  const columns = insertable(schema);
  session.execute(insertEachSql(table, into, schema, columns));
  const call = `SELECT * FROM pg_temp."aergo$insert"(${columns.map((_, at) => `$${at + 1}`).join(', ')})`;
  const fits: RowFit[] = [];
  for (const piece of inPieces(rows)) {
    const answer = session.query(
      call,
      columns.map((_, column) => encodeArray(piece.map((row) => row[column] ?? null))),
    );
    fits.push(...answer.rows.map((row) => fitOf(schema, columns, row)));
  }
  session.execute('DROP FUNCTION pg_temp."aergo$insert"');
  return fits;
}

/** The texts become values in variables of the columns' types, so that a failure tells its column. */
function insertEachSql(table: string, into: string, schema: TableSchema, columns: readonly string[]): string {
  const variables = columns.map((column, at) => {
    const modifier = schema.columns.find((candidate) => candidate.name === column)?.modifier;
    const type = columnType(table, schema, column);
    const full = modifier === undefined ? type : type.replace(/(\[\])?$/, `(${modifier})$1`);
    return `v${at} ${full};`;
  });
  const assignments = columns.map((_, at) => `place := ${at}; v${at} := given.g${at};`);
  const names = columns.map((_, at) => `g${at}`).join(', ');
  const list = columns.map(quoteName).join(', ');
  return `CREATE FUNCTION pg_temp."aergo$insert"(${columns.map(() => 'text[]').join(', ')})
RETURNS TABLE (line text, state text, message text, failed text, place int) LANGUAGE plpgsql AS $insert$
#variable_conflict use_variable
DECLARE given record; ${variables.join(' ')}
BEGIN
  FOR given IN SELECT * FROM unnest(${columns.map((_, at) => `$${at + 1}`).join(', ')}) AS rows (${names}) LOOP
    line := NULL; state := NULL; message := NULL; failed := NULL;
    BEGIN
      ${assignments.join(' ')} place := NULL;
      INSERT INTO ${into} AS "aergo$row" (${list}) VALUES (${columns.map((_, at) => `v${at}`).join(', ')}) RETURNING "aergo$row"::text INTO line;
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, failed = CONSTRAINT_NAME;
      line := NULL;
      IF state = '23502' AND place IS NULL THEN GET STACKED DIAGNOSTICS failed = COLUMN_NAME; END IF;
    END;
    RETURN NEXT;
  END LOOP;
END $insert$`;
}

const faultKinds: Readonly<Record<string, RowFault['kind']>> = { '23502': 'not-null', '23514': 'check' };

function fitOf(schema: TableSchema, columns: readonly string[], row: readonly (string | null)[]): RowFit {
  const [line = null, state = null, message = null, failed = null, place = null] = row;
  if (line !== null) return namedFit(schema, line);
  const exhausted = exhaustedBy(state ?? '');
  if (exhausted !== undefined || state === null || state.startsWith('XX'))
    throw new EngineBroken(message ?? 'a row came to no end', exhausted);
  const kind = state.startsWith('54') ? 'limit' : (faultKinds[state] ?? 'type');
  const column = place === null ? undefined : columns[Number(place)];
  const constraint = failed === null || failed === '' ? column : failed;
  const told = kind === 'type' && column !== undefined ? `${column}: ${message}` : messageOf(kind, constraint, message);
  return { fault: { kind, ...(constraint === undefined ? {} : { constraint }), message: told } };
}

function messageOf(kind: RowFault['kind'], constraint: string | undefined, message: string | null): string {
  if (kind === 'not-null') return `${constraint} must not be NULL`;
  return kind === 'check' ? `CHECK ${constraint} does not hold` : (message ?? '');
}

function namedFit(schema: TableSchema, record: string): RowFit {
  try {
    return rowShape(schema).row(decodeRecord(record));
  } catch (error) {
    if (!(error instanceof AergoError)) throw error;
    return { fault: { kind: 'key', message: error.message } };
  }
}
