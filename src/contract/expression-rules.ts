/**
 * Walks expressions and queries: every node must be on the list below, every name must stay inside the contract.
 */
import type { Findings } from './findings.ts';
import { denialOf, deniedOperators, hostFunctions } from './function-list.ts';
import { isContractName } from './names.ts';
import { type Fields, fieldsOf, isFields, type Node, nodeOf, placeOf, stringsOf, textOf } from './syntax-tree.ts';
import { checkType, type KnownTypes, writtenType } from './type-rules.ts';

/** Where an expression stands: which rules hold, and where in the source its text begins. */
export interface ExpressionPlace {
  readonly findings: Findings;
  readonly known: KnownTypes;
  /** Names of the contract's own functions. */
  readonly functions: ReadonlySet<string>;
  /** Turns the parser's place into a byte offset of the source. */
  readonly locate: (at: number) => number;
  /** `definition`: in a default; `constant`: in a CHECK, a generated column, an index; `body`: in functions and views. */
  readonly where: 'body' | 'definition' | 'constant';
}

const allowedNodes = new Set(
  `SelectStmt InsertStmt UpdateStmt DeleteStmt MergeStmt MergeWhenClause RangeVar RangeSubselect RangeFunction JoinExpr Alias
  ResTarget ColumnRef A_Const A_Expr A_Star A_Indices A_Indirection A_ArrayExpr BoolExpr NullTest BooleanTest CaseExpr CaseWhen
  CoalesceExpr MinMaxExpr FuncCall TypeCast SubLink RowExpr SortBy WindowDef GroupingSet GroupingFunc CommonTableExpr WithClause
  CollateClause SQLValueFunction ParamRef List String Integer Boolean Float BitString LockingClause OnConflictClause InferClause
  IndexElem MultiAssignRef SetToDefault NamedArgExpr ReturningClause ReturningOption ReturnStmt`.split(/\s+/),
);

const clockFunctions = new Set([
  'now',
  'clock_timestamp',
  'statement_timestamp',
  'transaction_timestamp',
  'timeofday',
  'age',
]);
const systemColumns = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid']);

/** Checks a parse tree, whatever it is, from here down. */
export function checkTree(tree: unknown, place: ExpressionPlace, near = 0): void {
  if (Array.isArray(tree)) {
    for (const item of tree) checkTree(item, place, near);
    return;
  }
  if (!isFields(tree)) return;
  const node = nodeOf(tree);
  if (node !== undefined) {
    checkNode(node, place, near);
    return;
  }
  checkFields(tree, place, placeOf(tree, near));
}

function checkFields(fields: Fields, place: ExpressionPlace, at: number): void {
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'typeName' || name === 'argType') checkTypeName(fieldsOf(value), place);
    else if (name === 'relation' && isFields(value) && textOf(value.relname) !== undefined) checkRelation(value, place);
    else checkTree(value, place, at);
  }
}

function checkNode({ kind, fields }: Node, place: ExpressionPlace, near: number): void {
  const at = placeOf(fields, near);
  if (!allowedNodes.has(kind)) {
    place.findings.refuse(place.locate(at), `${nodePhrase(kind)} is not allowed here`);
    return;
  }
  if (kind === 'RangeVar') checkRelation(fields, place);
  else if (kind === 'FuncCall') checkCall(fields, place, at);
  else if (kind === 'A_Expr') checkOperator(fields, place, at);
  else if (kind === 'ColumnRef') checkColumn(fields, place, at);
  else if (kind === 'SQLValueFunction') checkValueFunction(fields, place, at);
  else if (kind === 'CollateClause') checkCollation(fields, place, at);
  else if (kind === 'SelectStmt' && fields.intoClause !== undefined) {
    place.findings.refuse(place.locate(at), 'SELECT INTO makes a table', 'CREATE TABLE in the contract');
  }
  checkFields(fields, place, at);
}

/** What a node is called in a message. */
export function nodePhrase(kind: string): string {
  const phrase = phrases.get(kind);
  if (phrase !== undefined) return phrase;
  const words = kind
    .replace(/Stmt$/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toUpperCase();
  return words.replaceAll('_', ' ');
}

const phrases = new Map([
  ['RangeTableSample', 'TABLESAMPLE'],
  ['CurrentOfExpr', 'WHERE CURRENT OF'],
  ['VariableSetStmt', 'SET'],
  ['VariableShowStmt', 'SHOW'],
  ['TransactionStmt', 'transaction control'],
  ['CreateStmt', 'CREATE TABLE'],
  ['CreateTableAsStmt', 'CREATE TABLE AS'],
]);

function checkTypeName(typeName: Fields, place: ExpressionPlace): void {
  const type = writtenType(typeName, place.findings, place.locate(placeOf(typeName)));
  if (type !== undefined) checkType(type, 'body', place.known, place.findings);
}

/** A table, view or query name: bare, and not one of PostgreSQL's. */
export function checkRelation(relation: Fields, place: Pick<ExpressionPlace, 'findings' | 'locate'>): void {
  const name = textOf(relation.relname) ?? '';
  const at = place.locate(placeOf(relation));
  const schema = textOf(relation.schemaname);
  if (schema !== undefined) {
    place.findings.refuse(at, `${schema}.${name} is outside the contract: its tables are named without a schema`, name);
  } else if (!isContractName(name)) {
    place.findings.refuse(
      at,
      `${JSON.stringify(name)} cannot name a table of a contract`,
      'a name of a-z, 0-9 and _, not pg_…',
    );
  }
}

function checkCall(fields: Fields, place: ExpressionPlace, at: number): void {
  const names = stringsOf(fields.funcname);
  const name = names.at(-1) ?? '';
  const schema = names.length > 1 ? names.slice(0, -1).join('.') : undefined;
  const refuse = (message: string, instead?: string): void => place.findings.refuse(place.locate(at), message, instead);
  if (schema === 'aergo') {
    if (!hostFunctions.has(name))
      refuse(`there is no function aergo.${name}`, [...hostFunctions].map((known) => `aergo.${known}`).join(', '));
    else if (place.where === 'constant') refuse(`aergo.${name} changes from call to call: a constraint must stay true`);
    return;
  }
  if (schema !== undefined && schema !== 'pg_catalog') {
    refuse(`${names.join('.')} is outside the contract`);
    return;
  }
  const denial = denialOf(name);
  if (denial !== undefined && !(schema === undefined && place.functions.has(name))) {
    refuse(`${name}() ${denial.why}`, denial.instead);
    return;
  }
  if (place.where !== 'body' && place.functions.has(name)) {
    refuse(
      `${name}() is a function of the contract: definitions of tables may only use PostgreSQL's own`,
      'the expression itself',
    );
    return;
  }
  if (place.where === 'constant' && clockFunctions.has(name))
    refuse(`${name}() changes from call to call: a constraint must stay true`);
}

function checkOperator(fields: Fields, place: ExpressionPlace, at: number): void {
  const names = stringsOf(fields.name);
  if (names.length > 1 && names[0] !== 'pg_catalog')
    place.findings.refuse(place.locate(at), `operator ${names.join('.')} is outside the contract`);
  const instead = deniedOperators.get(names.at(-1) ?? '');
  if (instead !== undefined) {
    place.findings.refuse(place.locate(at), `the operator ${names.at(-1)} gives floating-point numbers`, instead);
  }
}

function checkColumn(fields: Fields, place: ExpressionPlace, at: number): void {
  const names = stringsOf(fields.fields);
  const name = names.at(-1) ?? '';
  if (names.length > 2)
    place.findings.refuse(place.locate(at), `${names.join('.')} is outside the contract`, names.slice(-2).join('.'));
  else if (systemColumns.has(name))
    place.findings.refuse(
      place.locate(at),
      `${name} says where a row lies, which differs between machines`,
      'the primary key',
    );
  else if (names.length === 1 && name === 'sqlerrm') {
    place.findings.refuse(place.locate(at), 'SQLERRM is a text of the engine, which must not become state', 'SQLSTATE');
  }
}

function checkValueFunction(fields: Fields, place: ExpressionPlace, at: number): void {
  const op = textOf(fields.op) ?? '';
  const isClock = /CURRENT_(DATE|TIME)|LOCALTIME/.test(op);
  const name = op.replace(/^SVFOP_/, '').replace(/_N$/, '');
  if (!isClock) place.findings.refuse(place.locate(at), `${name} looks outside the contract`, 'aergo.author()');
  else if (place.where === 'constant')
    place.findings.refuse(place.locate(at), `${name} changes from call to call: a constraint must stay true`);
}

function checkCollation(fields: Fields, place: ExpressionPlace, at: number): void {
  const names = stringsOf(fields.collname);
  if (names.at(-1) !== 'C')
    place.findings.refuse(
      place.locate(at),
      `collation ${names.join('.')} depends on the machine's locale`,
      'COLLATE "C", which is the default',
    );
}
