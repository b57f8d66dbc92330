/**
 * CREATE TABLE and CREATE INDEX: what is refused, and the table's schema as the repository keeps it.
 */
import type { ColumnSchema, TableSchema } from '../state/schema.ts';
import { checkRelation, checkTree, type ExpressionPlace } from './expression-rules.ts';
import { isContractName } from './names.ts';
import { type ParsedStatement, tokensOf } from './parser.ts';
import { type Fields, fieldsOf, listOf, type Node, nodesOf, placeOf, stringsOf, textOf } from './syntax-tree.ts';
import { checkType, insteadOfSequence, type WrittenType, writtenType } from './type-rules.ts';

interface ReadColumn {
  readonly schema: ColumnSchema;
  readonly type: WrittenType | undefined;
}

/** Checks a CREATE TABLE and reads its schema; undefined when there is too little to make one of. */
export function readTable(
  fields: Fields,
  statement: ParsedStatement,
  source: Buffer,
  place: ExpressionPlace,
): TableSchema | undefined {
  const at = place.locate(placeOf(fieldsOf(fields.relation)));
  checkTableOptions(fields, place, at);
  const columns: ReadColumn[] = [];
  let key: { columns: readonly string[]; at: number } | undefined;
  for (const element of nodesOf(fields.tableElts)) {
    if (element.kind === 'ColumnDef') {
      const column = readColumn(element.fields, place);
      columns.push(column);
      if (constraintsOf(element.fields).some((constraint) => constraint.contype === 'CONSTR_PRIMARY')) {
        key = { columns: [column.schema.name], at: placeOf(element.fields) };
      }
    } else if (element.kind === 'Constraint') {
      checkConstraint(element.fields, place);
      if (element.fields.contype === 'CONSTR_PRIMARY')
        key = { columns: stringsOf(element.fields.keys), at: placeOf(element.fields) };
    } else {
      place.findings.refuse(
        place.locate(placeOf(fieldsOf(element.fields.relation))),
        'LIKE copies another table',
        'the columns themselves',
      );
    }
  }
  if (key === undefined) {
    place.findings.refuse(
      at,
      `table ${textOf(fieldsOf(fields.relation).relname)} has no primary key`,
      'PRIMARY KEY on the column that names a row',
    );
    return undefined;
  }
  const keyed = checkKey(key.columns, columns, place);
  const text = source.toString('utf8', statement.from, statement.to);
  return keyed
    ? {
        columns: columns.map((column) => withKey(column.schema, key.columns)),
        key: key.columns,
        elements: elementsOf(text),
        indexes: [],
      }
    : undefined;
}

/** Checks a CREATE INDEX. */
export function checkIndex(fields: Fields, place: ExpressionPlace): void {
  const relation = fieldsOf(fields.relation);
  const at = place.locate(placeOf(relation));
  checkRelation(relation, place);
  const name = textOf(fields.idxname);
  if (name !== undefined && !isContractName(name))
    place.findings.refuse(at, `${JSON.stringify(name)} cannot name an index`, nameRule);
  if (fields.accessMethod !== 'btree')
    place.findings.refuse(
      at,
      `an index with ${textOf(fields.accessMethod)} is not allowed`,
      'a plain index, which is a btree',
    );
  if (fields.concurrent === true) place.findings.refuse(at, 'CONCURRENTLY is not allowed', 'CREATE INDEX');
  for (const option of ['options', 'tableSpace', 'excludeOpNames']) {
    if (fields[option] !== undefined) place.findings.refuse(at, 'options of storage are not allowed');
  }
  for (const { fields: element } of nodesOf(fields.indexParams)) {
    if (element.opclass !== undefined)
      place.findings.refuse(at, 'an operator class is not allowed', 'the column alone');
  }
  checkTree([fields.indexParams, fields.whereClause], { ...place, where: 'constant' }, placeOf(relation));
}

const nameRule = 'a name of a-z, 0-9 and _, at most 48 long, not pg_…';

/** Notes a name that no table, function or column may have. */
export function checkName(name: string, what: string, at: number, place: Pick<ExpressionPlace, 'findings'>): void {
  if (!isContractName(name)) place.findings.refuse(at, `${JSON.stringify(name)} cannot name a ${what}`, nameRule);
}

function checkTableOptions(fields: Fields, place: ExpressionPlace, at: number): void {
  const relation = fieldsOf(fields.relation);
  checkRelation(relation, place);
  if (relation.relpersistence !== 'p')
    place.findings.refuse(at, 'TEMPORARY and UNLOGGED tables are not allowed: they are no state', 'CREATE TABLE');
  if (listOf(fields.inhRelations).length > 0)
    place.findings.refuse(at, 'inheritance and partitions are not allowed', 'one table');
  if (fields.partspec !== undefined || fields.partbound !== undefined)
    place.findings.refuse(at, 'partitions are not allowed', 'one table');
  for (const option of ['options', 'tablespacename', 'accessMethod', 'ofTypename']) {
    if (fields[option] !== undefined)
      place.findings.refuse(at, 'options of storage are not allowed', 'columns and constraints only');
  }
}

function constraintsOf(column: Fields): Fields[] {
  return nodesOf(column.constraints).map((node) => node.fields);
}

/** Checks a column's definition and reads it. */
export function readColumn(fields: Fields, place: ExpressionPlace): ReadColumn {
  const name = textOf(fields.colname) ?? '';
  checkName(name, 'column', place.locate(placeOf(fields)), place);
  const typeName = fieldsOf(fields.typeName);
  const type = writtenType(typeName, place.findings, place.locate(placeOf(typeName)));
  if (type !== undefined) checkType(type, 'column', place.known, place.findings);
  if (fields.collClause !== undefined) checkTree({ CollateClause: fields.collClause }, place);
  if (fields.storage_name !== undefined || fields.compression !== undefined) {
    place.findings.refuse(place.locate(placeOf(fields)), 'options of storage are not allowed');
  }
  const constraints = constraintsOf(fields);
  for (const constraint of constraints) checkConstraint(constraint, place);
  const has = (kind: string): boolean => constraints.some((constraint) => constraint.contype === kind);
  return {
    type,
    schema: {
      name,
      type: type === undefined ? 'text' : `${type.name}${type.isArray ? '[]' : ''}`,
      ...(type?.modifier === undefined ? {} : { modifier: type.modifier }),
      ...(has('CONSTR_NOTNULL') ? { notNull: true as const } : {}),
      ...(has('CONSTR_DEFAULT') ? { default: true as const } : {}),
      ...(has('CONSTR_GENERATED') ? { generated: true as const } : {}),
    },
  };
}

function withKey(column: ColumnSchema, key: readonly string[]): ColumnSchema {
  return key.includes(column.name) ? { ...column, notNull: true } : column;
}

const constraintRules: Readonly<Record<string, readonly [message: string, instead: string]>> = {
  CONSTR_IDENTITY: [
    'IDENTITY is a sequence: it does not roll back, so a dropped transaction would shift later ids',
    insteadOfSequence,
  ],
  CONSTR_EXCLUSION: ['EXCLUDE is not allowed', 'UNIQUE, or a check in the function that writes'],
  CONSTR_ATTR_DEFERRABLE: [
    'DEFERRABLE is not allowed: one bad call would fail its whole batch',
    'the constraint without it',
  ],
  CONSTR_ATTR_DEFERRED: [
    'INITIALLY DEFERRED is not allowed: one bad call would fail its whole batch',
    'the constraint without it',
  ],
  CONSTR_ATTR_NOT_ENFORCED: ['NOT ENFORCED is not allowed', 'the constraint without it'],
};

const plainConstraints = new Set([
  'CONSTR_NULL',
  'CONSTR_NOTNULL',
  'CONSTR_DEFAULT',
  'CONSTR_CHECK',
  'CONSTR_PRIMARY',
  'CONSTR_UNIQUE',
  'CONSTR_FOREIGN',
  'CONSTR_GENERATED',
  'CONSTR_ATTR_NOT_DEFERRABLE',
  'CONSTR_ATTR_IMMEDIATE',
  'CONSTR_ATTR_ENFORCED',
]);

function checkConstraint(fields: Fields, place: ExpressionPlace): void {
  const kind = textOf(fields.contype) ?? '';
  const at = place.locate(placeOf(fields));
  const rule = constraintRules[kind];
  if (rule !== undefined) {
    place.findings.refuse(at, ...rule);
    return;
  }
  if (!plainConstraints.has(kind)) {
    place.findings.refuse(at, 'this constraint is not allowed');
    return;
  }
  if (fields.deferrable === true) {
    checkConstraint({ ...fields, contype: 'CONSTR_ATTR_DEFERRABLE' }, place);
    return;
  }
  const checked = kind === 'CONSTR_CHECK' || kind === 'CONSTR_FOREIGN';
  if (checked && (fields.is_enforced !== true || fields.initially_valid !== true))
    place.findings.refuse(at, 'a constraint must hold', 'without NOT ENFORCED and NOT VALID');
  if (fields.options !== undefined || fields.indexspace !== undefined)
    place.findings.refuse(at, 'options of storage are not allowed');
  if (fields.without_overlaps === true || fields.fk_with_period === true)
    place.findings.refuse(at, 'WITHOUT OVERLAPS and PERIOD are not allowed');
  if (kind === 'CONSTR_GENERATED' && fields.generated_kind !== 's') {
    place.findings.refuse(at, 'a virtual column is not part of the row', 'GENERATED ALWAYS AS (…) STORED');
  }
  if (kind === 'CONSTR_FOREIGN') checkRelation(fieldsOf(fields.pktable), place);
  const name = textOf(fields.conname);
  if (name !== undefined) checkName(name, 'constraint', at, place);
  checkTree(fields.raw_expr, { ...place, where: kind === 'CONSTR_DEFAULT' ? 'definition' : 'constant' });
}

function checkKey(key: readonly string[], columns: readonly ReadColumn[], place: ExpressionPlace): boolean {
  for (const name of key) {
    const column = columns.find((candidate) => candidate.schema.name === name);
    // PostgreSQL refuses a key over a column that is not there.
    if (column === undefined) return true;
    if (column.type === undefined) return false;
    checkType(column.type, 'key', place.known, place.findings);
    if (column.schema.generated === true)
      place.findings.refuse(column.type.at, 'a generated column cannot be in a primary key', 'a column of its own');
  }
  return true;
}

/** The elements between a CREATE TABLE's parentheses, as written, without comments around them. */
function elementsOf(statement: string): string[] {
  const bytes = Buffer.from(statement, 'utf8');
  const elements: string[] = [];
  let depth = 0;
  let first: number | undefined;
  let last = 0;
  for (const token of tokensOf(statement)) {
    if (token.isComment) continue;
    const closes = token.text === ')' && depth === 1;
    if (depth === 1 && (token.text === ',' || closes)) {
      if (first !== undefined) elements.push(bytes.toString('utf8', first, last));
      first = undefined;
      if (closes) break;
      continue;
    }
    if (depth >= 1) {
      first ??= token.from;
      last = token.to;
    }
    if (token.text === '(' || token.text === '[') depth += 1;
    if (token.text === ')' || token.text === ']') depth -= 1;
  }
  return elements;
}

/** The columns and constraints of a domain. */
export function checkDomain(fields: Fields, place: ExpressionPlace): WrittenType | undefined {
  const typeName = fieldsOf(fields.typeName);
  const type = writtenType(typeName, place.findings, place.locate(placeOf(typeName)));
  if (type !== undefined) checkType(type, 'column', place.known, place.findings);
  for (const { fields: constraint } of nodesOf(fields.constraints) as readonly Node[])
    checkConstraint(constraint, place);
  return type;
}
