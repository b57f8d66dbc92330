/** Tables and sources that the tests of this folder share: real objects in memory, and a source that counts what is read. */
import { AergoError } from '../../src/errors.ts';
import type { GitObject } from '../../src/object/object.ts';
import type { Oid } from '../../src/object/oid.ts';
import { ObjectBuffer, type ObjectSource } from '../../src/object/source.ts';
import type { Row } from '../../src/state/row.ts';
import { rowShape } from '../../src/state/row-shape.ts';
import type { TableSchema } from '../../src/state/schema.ts';
import { buildTable, type Table } from '../../src/state/table.ts';

export const accounts: TableSchema = {
  columns: [
    { name: 'owner', type: 'varchar', notNull: true },
    { name: 'balance', type: 'numeric', modifier: '15,2' },
  ],
  key: ['owner'],
  elements: ['owner VARCHAR NOT NULL PRIMARY KEY', 'balance NUMERIC(15, 2)'],
  indexes: [],
};

export const notes: TableSchema = {
  columns: [
    { name: 'id', type: 'int4' },
    { name: 'note', type: 'text' },
  ],
  key: ['id'],
  elements: ['id int PRIMARY KEY', 'note text'],
  indexes: [],
};

/** A row of `notes`. */
export function note(id: number, text: string): Row {
  return rowShape(notes).row([String(id), text]);
}

/** Rows of `notes` with ids from a first one on. */
export function* noteRows(first: number, count: number, text = 'x'): Generator<Row> {
  for (let id = first; id < first + count; id += 1) yield note(id, text);
}

/** A source without objects. */
export const nothing: ObjectSource = {
  has: () => false,
  read(oid) {
    throw new AergoError('AERGO_OBJECT_MISSING', `There is no object ${oid}.`);
  },
};

/** Objects in memory that count the different ones and all that were read. */
export class CountingSource implements ObjectSource {
  readonly #objects: Map<Oid, GitObject>;
  readonly oidsRead: Oid[] = [];

  constructor(buffer: ObjectBuffer) {
    this.#objects = new Map(buffer.objects().map((object) => [object.oid, object]));
  }

  has(oid: Oid): boolean {
    return this.#objects.has(oid);
  }

  read(oid: Oid): GitObject {
    this.oidsRead.push(oid);
    return this.#objects.get(oid) ?? nothing.read(oid);
  }
}

/** A table of its own with these rows, in any order. */
export function tableOf(schema: TableSchema, rows: Iterable<Row>): { table: Table; buffer: ObjectBuffer } {
  const buffer = new ObjectBuffer(nothing);
  const sorted = [...rows].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { table: { schema, root: buildTable(buffer, sorted) }, buffer };
}

/** The code of the error that a call throws; fails when it throws anything but an AergoError. */
export function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof AergoError) return error.code;
    throw error;
  }
  return 'none';
}
