/**
 * What a migration may do beside the statements of a contract: change, rename and drop what the contract in force has, and
 * change its rows. Its statements run on the old tables, before their rows are brought into those of the new source.
 */
import { checkRelation, checkTree, type ExpressionPlace } from './expression-rules.ts';
import { checkOrder } from './order-rules.ts';
import type { StatementKind } from './parsed-contract.ts';
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
import { checkName, readColumn } from './table-rules.ts';
import { checkType, writtenType } from './type-rules.ts';

const rowStatements = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);
const changes =
  'ADD COLUMN, DROP COLUMN, ALTER COLUMN (TYPE, DEFAULT, NOT NULL), DROP CONSTRAINT, RENAME; new constraints and indexes stand in the new source';
const droppable: Readonly<Record<string, string>> = {
  OBJECT_TABLE: 'table',
  OBJECT_VIEW: 'view',
  OBJECT_INDEX: 'index',
  OBJECT_FUNCTION: 'function',
  OBJECT_TYPE: 'type',
  OBJECT_DOMAIN: 'domain',
};

/** Something that a migration takes away or calls otherwise, by its name inside the contract. */
export interface Renaming {
  readonly from: string;
  /** Absent: it is dropped. */
  readonly to?: string;
}

/** What the gate's reader has to know of a statement that only a migration may have. */
export interface MigrationStatement {
  readonly kind: StatementKind;
  readonly name: string;
  /** Tables, views, types and functions that go or change their names. */
  readonly renamings: readonly Renaming[];
}

/** Checks a statement that only a migration may have; undefined when it is none. @param at where it begins */
export function readMigrationStatement(
  { kind, fields }: Node,
  at: number,
  place: ExpressionPlace,
): MigrationStatement | undefined {
  if (kind === 'AlterTableStmt') return readAlter(fields, at, place);
  if (kind === 'RenameStmt') return readRename(fields, at, place);
  if (kind === 'DropStmt') return readDrop(fields, at, place);
  if (!rowStatements.has(kind)) return undefined;
  checkTree({ [kind]: fields }, place);
  checkOrder({ [kind]: fields }, place);
  return { kind: 'rows', name: textOf(fieldsOf(fields.relation).relname) ?? '', renamings: [] };
}

function readAlter(fields: Fields, at: number, place: ExpressionPlace): MigrationStatement {
  const relation = fieldsOf(fields.relation);
  const name = textOf(relation.relname) ?? '';
  checkRelation(relation, place);
  if (fields.objtype !== 'OBJECT_TABLE') place.findings.refuse(at, 'only tables can be altered', changes);
  else for (const { fields: command } of nodesOf(fields.cmds)) checkCommand(command, relation, at, place);
  return { kind: 'alter', name, renamings: [] };
}

function checkCommand(command: Fields, relation: Fields, at: number, place: ExpressionPlace): void {
  const definition = nodeOf(command.def);
  switch (command.subtype) {
    case 'AT_AddColumn':
      if (definition?.kind === 'ColumnDef') readColumn(definition.fields, place);
      return;
    case 'AT_AlterColumnType':
      checkNewType(definition?.fields ?? {}, relation, place);
      return;
    case 'AT_ColumnDefault':
      checkTree(command.def, { ...place, where: 'definition' });
      return;
    case 'AT_DropColumn':
    case 'AT_DropConstraint':
    case 'AT_SetNotNull':
    case 'AT_DropNotNull':
      return;
    default:
      place.findings.refuse(at, 'this ALTER TABLE is not allowed in a migration', changes);
  }
}

function checkNewType(fields: Fields, relation: Fields, place: ExpressionPlace): void {
  const typeName = fieldsOf(fields.typeName);
  const type = writtenType(typeName, place.findings, place.locate(placeOf(typeName)));
  if (type !== undefined) checkType(type, 'column', place.known, place.findings);
  if (fields.collClause !== undefined) checkTree({ CollateClause: fields.collClause }, place);
  checkTree(fields.raw_default, place);
  // USING is worked out for each row, like what an UPDATE sets.
  const sets = { ResTarget: { name: '', val: fields.raw_default } };
  if (fields.raw_default !== undefined) checkOrder({ UpdateStmt: { relation, targetList: [sets] } }, place);
}

function readRename(fields: Fields, at: number, place: ExpressionPlace): MigrationStatement {
  const relation = fieldsOf(fields.relation);
  const name = textOf(relation.relname) ?? '';
  const to = textOf(fields.newname) ?? '';
  checkRelation(relation, place);
  const isTable = fields.renameType === 'OBJECT_TABLE';
  const isColumn = fields.renameType === 'OBJECT_COLUMN' && fields.relationType === 'OBJECT_TABLE';
  if (isTable || isColumn) checkName(to, isTable ? 'table' : 'column', at, place);
  else place.findings.refuse(at, 'only tables and their columns can be renamed', changes);
  return { kind: 'alter', name, renamings: isTable ? [{ from: name, to }] : [] };
}

function readDrop(fields: Fields, at: number, place: ExpressionPlace): MigrationStatement {
  const what = droppable[textOf(fields.removeType) ?? ''];
  if (what === undefined || fields.concurrent === true) {
    place.findings.refuse(
      at,
      'this cannot be dropped by a migration',
      'DROP TABLE, VIEW, INDEX, FUNCTION, TYPE, DOMAIN',
    );
  }
  const dropped = listOf(fields.objects).map(droppedName);
  for (const names of dropped) {
    if (names.length > 1) place.findings.refuse(at, `${names.join('.')} is outside the contract`, names.at(-1));
  }
  return {
    kind: 'drop',
    name: dropped[0]?.at(-1) ?? '',
    renamings: dropped.map((names) => ({ from: names.at(-1) ?? '' })),
  };
}

function droppedName(object: unknown): string[] {
  const node = nodeOf(object);
  if (node?.kind === 'ObjectWithArgs') return stringsOf(node.fields.objname);
  if (node?.kind === 'TypeName') return stringsOf(node.fields.names);
  return stringsOf(object);
}
