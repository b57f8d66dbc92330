/**
 * A table as a value: its schema and the entry `rows` of its tree. A table of one page has it as `rows`; a larger one has a
 * tree whose entries are pages, or trees of pages, each named by its first row's name; one without rows an empty blob.
 */
import { AergoError } from '../errors.ts';
import type { Oid } from '../object/oid.ts';
import type { ObjectBuffer } from '../object/source.ts';
import type { TreeEntry } from '../object/tree.ts';
import type { TableSchema } from './schema.ts';

/** The entry `rows`: `100644` for a page, `40000` for a tree of pages. */
export interface TableRoot {
  readonly oid: Oid;
  readonly mode: '100644' | '40000';
}

/** What reading a table takes. */
export interface Table {
  readonly schema: TableSchema;
  readonly root: TableRoot;
}

/** A table without rows. */
export function emptyTable(buffer: ObjectBuffer): TableRoot {
  return { oid: buffer.put('blob', Buffer.alloc(0)), mode: '100644' };
}

/** Levels of nodes above the pages at most: more than any table has, as a node has at least two entries. */
export const maxLevels = 64;

/** The error for a node or a tree of the state that is not as the format has it. */
export function stateInvalid(what: string, details: Record<string, unknown> = {}, cause?: unknown): AergoError {
  return new AergoError('AERGO_STATE_INVALID', `the state is invalid: ${what}`, { details, cause });
}

/**
 * An entry of the state's trees as a table's root, or as a node of one.
 * @throws AergoError AERGO_STATE_INVALID for a mode of `state/files`
 */
export function tableRoot({ mode, oid, name }: TreeEntry): TableRoot {
  if (mode === '100644' || mode === '40000') return { oid, mode };
  throw stateInvalid(`entry ${JSON.stringify(name)} has the mode ${mode}`);
}
