/** CSV as a stream of rows: NULL for an empty field, an empty text for a quoted one, as PostgreSQL's COPY has it. */
import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { AergoError } from '../errors.ts';
import { textOf, unreadable } from './input-file.ts';
import { nearest } from './nearest.ts';

export interface CsvOptions {
  /** One character, or `tab`. */
  readonly delimiter: string;
  /** Whether the first line names the columns. */
  readonly header: boolean;
  /** Names that count instead of the header's, in the order of the fields. */
  readonly columns: readonly string[] | undefined;
  /** The table's columns: without header and names, these are the fields' in their order. */
  readonly known: readonly string[];
}

export interface CsvRows {
  readonly columns: string[];
  readonly rows: AsyncIterable<(string | null)[]>;
}

/**
 * Opens a CSV and reads its header.
 * @throws AergoError AERGO_CSV_INVALID with file and line; AERGO_COLUMN_UNKNOWN; AERGO_USAGE for a bad delimiter
 */
export async function openCsv(input: Readable, path: string, options: CsvOptions): Promise<CsvRows> {
  const records = recordsOf(input, path, parseDelimiter(options.delimiter));
  const header = options.header ? (await records.next()).value : undefined;
  const named = header?.map((name) => name ?? '');
  const columns = [...(options.columns ?? named ?? options.known)];
  if (options.header && named === undefined)
    throw invalid(path, 1, 'it is empty, and its first line should name the columns');
  if (named !== undefined && named.length !== columns.length) {
    throw invalid(path, 1, `the header names ${named.length} columns, and --columns ${columns.length}`);
  }
  for (const column of columns) checkColumn(column, options.known, path);
  return { columns, rows: sameWidth(records, columns.length, path, options.header ? 2 : 1) };
}

async function* recordsOf(
  input: Readable,
  path: string,
  delimiter: string,
): AsyncGenerator<(string | null)[], undefined> {
  const parser = parse({
    bom: true,
    delimiter,
    relax_column_count: true,
    skip_empty_lines: true,
    cast: (value, { quoting }) => (value === '' && !quoting ? null : value),
  });
  const text = Readable.from(textOf(input));
  text.on('error', (error) => parser.destroy(error));
  text.pipe(parser);
  try {
    for await (const record of parser) yield record;
  } catch (error) {
    if (!(error instanceof CsvError)) throw unreadable(path, error);
    const line = typeof error.lines === 'number' ? error.lines : 0;
    throw invalid(path, line, error.message, error);
  }
}

async function* sameWidth(records: AsyncIterable<(string | null)[]>, width: number, path: string, first: number) {
  let number = first;
  for await (const record of records) {
    if (record.length !== width) throw invalid(path, number, `the row has ${record.length} fields, not ${width}`);
    number += 1;
    yield record;
  }
}

function parseDelimiter(text: string): string {
  const delimiter = text === 'tab' || text === '\\t' ? '\t' : text;
  if ([...delimiter].length === 1 && !'"\r\n'.includes(delimiter)) return delimiter;
  throw new AergoError('AERGO_USAGE', `--delimiter ${JSON.stringify(text)} is not one character`, {
    hint: "--delimiter ';', or tab",
  });
}

function checkColumn(column: string, known: readonly string[], path: string): void {
  if (known.includes(column)) return;
  const meant = nearest(column, known);
  throw new AergoError(
    'AERGO_COLUMN_UNKNOWN',
    `${path}: the table has no column ${JSON.stringify(column)}${meant ? `: did you mean ${meant}?` : '.'}`,
    {
      hint: `its columns are ${known.join(', ')}; --columns names the fields anew`,
      details: { column, candidates: [...known] },
    },
  );
}

function invalid(path: string, line: number, reason: string, cause?: unknown): AergoError {
  return new AergoError('AERGO_CSV_INVALID', `${path}:${line}: ${reason}`, {
    hint: 'nothing was written',
    details: { path, line },
    ...(cause === undefined ? {} : { cause }),
  });
}
