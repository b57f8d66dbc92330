/**
 * INSERT, UPDATE, DELETE and MERGE whose outcome would depend on which row comes first.
 */
import { perRow } from './call-record.ts';
import type { OrderPlace } from './order-rules.ts';
import { changeScopeOf, isInTotalOrder, isSingleRow, orderSuggestion } from './query-rows.ts';
import type { QueryScope } from './query-scope.ts';
import { printOf } from './query-shape.ts';
import type { TableSource } from './row-source.ts';
import {
  type Fields,
  fieldsOf,
  listOf,
  type Node,
  nodeOf,
  nodesOf,
  placeOf,
  stringsOf,
  textOf,
} from './syntax-tree.ts';

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
  const searching: OrderPlace = { ...within, mode: perRow(mode) };
  where.walk.part([fields.fromClause, fields.usingClause, fields.sourceRelation], searching);
  where.walk.part([fields.whereClause, fields.joinCondition], searching);
  where.walk.part([fields.targetList, fields.returningClause, fields.mergeWhenClauses], within);
  if (kind === 'UpdateStmt') checkFrom(fields, scope, where);
  if (kind === 'DeleteStmt') checkUsing(fields, scope, where);
  checkKeys(fields.targetList, fields, scope, where);
  for (const { fields: clause } of nodesOf(fields.mergeWhenClauses)) {
    if (clause.commandType === 'CMD_UPDATE') checkKeys(clause.targetList, fields, scope, where);
  }
  if (kind === 'MergeStmt') checkExchange(fields, scope, where);
}

/** A MERGE that takes away a row and puts in another with its key: whether they meet depends on which comes first. */
function checkExchange(fields: Fields, scope: QueryScope, where: OrderPlace): void {
  const clauses = nodesOf(fields.mergeWhenClauses).map((clause) => clause.fields);
  const deletes = clauses.some((clause) => clause.commandType === 'CMD_DELETE');
  const inserts = clauses.filter((clause) => clause.commandType === 'CMD_INSERT');
  const relation = fieldsOf(fields.relation);
  const table = where.place.names.tables.get(textOf(relation.relname) ?? '');
  if (!deletes || inserts.length === 0 || scope.isSingle) return;
  const joined = joinedColumns(fields);
  if (table !== undefined && inserts.every((clause) => insertsWhatIsMissing(clause, joined, table))) return;
  refuse(
    where,
    placeOf(relation),
    'MERGE deletes and inserts: whether a new row meets one that goes depends on which comes first',
    'DELETE, and INSERT behind it',
  );
}

/** The columns of a MERGE's table that its condition sets equal, and to what; undefined where it says anything else. */
function joinedColumns({ relation, joinCondition }: Fields): ReadonlyMap<string, string> | undefined {
  const target = fieldsOf(relation);
  const name = textOf(fieldsOf(target.alias).aliasname) ?? textOf(target.relname);
  const joined = new Map<string, string>();
  for (const { kind, fields } of conjunctsOf(nodeOf(joinCondition))) {
    if (kind !== 'A_Expr' || fields.kind !== 'AEXPR_OP' || stringsOf(fields.name).at(-1) !== '=') return undefined;
    const sides = [fields.lexpr, fields.rexpr];
    const at = sides.findIndex((side) => {
      const names = stringsOf(nodeOf(side)?.fields.fields);
      return nodeOf(side)?.kind === 'ColumnRef' && names.length === 2 && names[0] === name;
    });
    if (at < 0) return undefined;
    joined.set(stringsOf(nodeOf(sides[at])?.fields.fields)[1] ?? '', printOf(sides[1 - at]));
  }
  return joined;
}

function conjunctsOf(node: Node | undefined): Node[] {
  if (node?.kind !== 'BoolExpr' || node.fields.boolop !== 'AND_EXPR') return node === undefined ? [] : [node];
  return nodesOf(node.fields.args).flatMap(conjunctsOf);
}

/** Whether a new row has in the columns of the condition just what no row had, and the table's only key holds all of them. */
function insertsWhatIsMissing(
  clause: Fields,
  joined: ReadonlyMap<string, string> | undefined,
  table: TableSource,
): boolean {
  const [key = [], ...others] = table.keys;
  const isOnlyKey =
    others.length === 0 && [...table.unique].every((name) => key.includes(name)) && !table.hasUniqueIndex;
  if (joined === undefined || !isOnlyKey) return false;
  const targets = nodesOf(clause.targetList).map(({ fields }) => textOf(fields.name) ?? '');
  const columns = targets.length > 0 ? targets : (table.columns ?? []);
  const values = new Map(listOf(clause.values).map((value, at) => [columns[at], printOf(value)]));
  return [...joined].every(([name, value]) => key.includes(name) && values.get(name) === value);
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
