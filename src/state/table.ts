/**
 * Tables of rows kept as Git trees of pages: the face of this folder for one table. state.ts is that for all of them.
 */
export { buildTable } from './build-table.ts';
export { diffTables } from './difference.ts';
export { NodeCache } from './node-cache.ts';
export { readRow, scanRows } from './read-table.ts';
export { emptyTable, type Table, type TableRoot } from './table-root.ts';
export { type RowUpdate, updateTable } from './update-table.ts';
