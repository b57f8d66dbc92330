/**
 * INSERT, UPDATE, DELETE and MERGE whose outcome would depend on which row comes first.
 */
import type { OrderPlace } from './order-rules.ts';
import { changeScopeOf, isInTotalOrder, isSingleRow, orderSuggestion } from './query-rows.ts';
import type { QueryScope } from './query-scope.ts';
import { type Fields, fieldsOf, type Node, nodeOf, nodesOf, placeOf, textOf } from './syntax-tree.ts';

const changes = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);

/** Whether a node changes rows. */
export function isChange(kind: string): boolean {
  return changes.has(kind);
}

/** Checks a statement that changes rows. */
export function checkChange({ kind, fields }: Node, outside: OrderPlace): void {
  const where = outside.walk.behindWith(fields, outside);
  where.place.calls.noteChange();
  checkChangesOnce(fields, where);
  if (kind === 'InsertStmt') checkInsert(fields, where);
  else checkTableChange(kind, fields, where);
}

function checkInsert(fields: Fields, where: OrderPlace): void {
  const select = fieldsOf(fieldsOf(fields.selectStmt).SelectStmt);
  // VALUES are worked out one after the other, as they stand.
  const isListed = fields.selectStmt === undefined || select.valuesLists !== undefined;
  const isOnce = isListed || isSingleRow(select, where.names);
  const within: OrderPlace = { ...where, mode: isOnce ? where.mode : 'changing' };
  const conflict = fieldsOf(fields.onConflictClause);
  where.walk.part([fields.selectStmt, conflict.targetList, conflict.whereClause, fields.returningClause], within);
  if (fields.onConflictClause === undefined || isOnce || isInTotalOrder(select, where.names)) return;
  refuse(
    where,
    placeOf(conflict, placeOf(fieldsOf(fields.relation))),
    'ON CONFLICT behind INSERT … SELECT: which of two rows for one key comes first is not certain',
    orderSuggestion(select, where.names),
  );
}

function checkTableChange(kind: string, fields: Fields, where: OrderPlace): void {
  where.place.calls.noteRead();
  const scope = changeScopeOf(fields, where.names);
  const mode = scope.isSingle ? where.mode : 'changing';
  const within: OrderPlace = { ...where, mode, query: { select: fields, scope } };
  where.walk.part([fields.fromClause, fields.usingClause, fields.sourceRelation], within);
  where.walk.part([fields.targetList, fields.whereClause, fields.returningClause], within);
  where.walk.part([fields.joinCondition, fields.mergeWhenClauses], within);
  if (kind === 'UpdateStmt') checkFrom(fields, scope, where);
  if (kind === 'DeleteStmt') checkUsing(fields, scope, where);
  checkKeys(fields.targetList, fields, scope, where);
  for (const { fields: clause } of nodesOf(fields.mergeWhenClauses)) {
    if (clause.commandType === 'CMD_UPDATE') checkKeys(clause.targetList, fields, scope, where);
  }
}

function checkFrom(fields: Fields, scope: QueryScope, where: OrderPlace): void {
  if (fields.fromClause === undefined || scope.isSingleBehindFirst) return;
  refuse(
    where,
    placeOf(fieldsOf(fields.relation)),
    'UPDATE … FROM may find several rows for one, and takes any of them',
    'SET column = (SELECT …), or a WHERE that sets the whole key of what stands in FROM equal',
  );
}

function checkUsing(fields: Fields, scope: QueryScope, where: OrderPlace): void {
  if (fields.usingClause === undefined || fields.returningClause === undefined || scope.isSingleBehindFirst) return;
  refuse(
    where,
    placeOf(fieldsOf(fields.relation)),
    'DELETE … USING … RETURNING may find several rows for one, and gives any of them',
    'WHERE EXISTS (SELECT …) in place of USING',
  );
}

/** A key that changes in many rows may meet itself on the way: whether it does depends on who goes first. */
function checkKeys(targets: unknown, { relation }: Fields, scope: QueryScope, where: OrderPlace): void {
  if (scope.isSingle) return;
  const table = where.place.names.tables.get(textOf(fieldsOf(relation).relname) ?? '');
  for (const { fields } of nodesOf(targets)) {
    const name = textOf(fields.name) ?? '';
    if (table?.unique.has(name) !== true) continue;
    const key = (table.keys[0] ?? []).map((column) => `${column} = …`).join(' AND ');
    refuse(
      where,
      placeOf(fields, placeOf(fieldsOf(relation))),
      `${name} is unique: whether the rows that change it meet each other depends on which goes first`,
      `WHERE ${key}, for one row at a time`,
    );
  }
}

/** Two parts of one statement that change one table: which of them a row gets is not certain. */
export function checkChangesOnce(fields: Fields, where: OrderPlace): void {
  const seen = new Set<string>();
  const own = textOf(fieldsOf(fields.relation).relname);
  if (own !== undefined) seen.add(own);
  for (const { fields: query } of nodesOf(fieldsOf(fields.withClause).ctes)) {
    const node = nodeOf(query.ctequery);
    if (node === undefined || !isChange(node.kind)) continue;
    const relation = fieldsOf(node.fields.relation);
    const name = textOf(relation.relname) ?? '';
    if (seen.has(name))
      refuse(
        where,
        placeOf(relation),
        `one statement changes ${name} twice: which change a row gets is not certain`,
        'two statements, one after the other',
      );
    seen.add(name);
  }
}

function refuse(where: OrderPlace, at: number, message: string, instead: string): void {
  where.place.findings.refuse(where.place.locate(at), message, instead);
}
