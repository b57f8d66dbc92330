/**
 * Walks expressions and queries: every node must be on the list below, every name must stay inside the contract.
 */
import type { CallRecord } from './call-record.ts';
import type { Findings } from './findings.ts';
import { denialOf, deniedOperators, hostFunctions, insteadOf } from './function-list.ts';
import { grants } from './grants.ts';
import { checkLiteralArguments, checkLiteralCast } from './literal-rules.ts';
import { isContractName } from './names.ts';
import { nodeInstead, nodePhrase, nodeShape } from './node-shapes.ts';
import type { SourceNames } from './source-names.ts';
import { type Fields, fieldsOf, isFields, nodeOf, nodesOf, placeOf, stringsOf, textOf } from './syntax-tree.ts';
import { checkType, type KnownTypes, writtenType } from './type-rules.ts';

/** Where an expression stands: which rules hold, and where in the source its text begins. */
export interface ExpressionPlace {
  readonly findings: Findings;
  readonly known: KnownTypes;
  /** Names of the contract's own functions. */
  readonly functions: ReadonlySet<string>;
  /** What they, the tables and the views are to a query. */
  readonly names: SourceNames;
  /** Where calls of functions of contracts are noted. */
  readonly calls: CallRecord;
  /** Turns the parser's place into a byte offset of the source. */
  readonly locate: (at: number) => number;
  /** `definition`: in a default; `constant`: in a CHECK, a generated column, an index; `body`: in functions and views. */
  readonly where: 'body' | 'definition' | 'constant';
  /** Whether public functions of other contracts may be called: in PL/pgSQL, which looks for them only as it runs. */
  readonly mayCallOut?: true;
}

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
  if (node !== undefined) checkNode(node.kind, node.fields, place, near);
  // Nothing but an absent item of a list has no name.
  else if (Object.keys(tree).length > 0) place.findings.refuse(place.locate(near), 'this is not allowed here');
}

function checkNode(kind: string, fields: Fields, place: ExpressionPlace, near: number): void {
  const at = placeOf(fields, near);
  const shape = nodeShape(kind);
  if (shape === undefined) {
    place.findings.refuse(place.locate(at), `${nodePhrase(kind)} is not allowed here`, nodeInstead(kind));
    return;
  }
  checks[kind]?.(fields, place, at);
  for (const [member, value] of Object.entries(fields)) {
    const struct = shape.get(member);
    if (struct === undefined) refuseMember(kind, member, place, at);
    else if (struct === 'TypeName') checkTypeName(fieldsOf(value), place);
    else if (struct !== '' && isFields(value)) checkNode(struct, value, place, at);
    else checkTree(value, place, at);
  }
}

function refuseMember(kind: string, member: string, place: ExpressionPlace, at: number): void {
  const [message, instead] = memberRefusals[`${kind}.${member}`] ?? [
    `this form of ${nodePhrase(kind)} (${member}) is not allowed`,
  ];
  place.findings.refuse(place.locate(at), message, instead);
}

const memberRefusals: Readonly<Record<string, readonly [message: string, instead?: string]>> = {
  'SelectStmt.intoClause': ['SELECT INTO makes a table', 'CREATE TABLE in the contract'],
  'RangeVar.catalogname': ['a table of another database is outside the contract', "the table's bare name"],
  'SortBy.useOp': ['ORDER BY … USING is not allowed', 'ASC or DESC'],
};

type Check = (fields: Fields, place: ExpressionPlace, at: number) => void;

/** What is looked at beside a node's members. */
const checks: Readonly<Record<string, Check>> = {
  RangeVar: checkRelation,
  FuncCall: checkCall,
  A_Expr: checkOperator,
  ColumnRef: checkColumn,
  A_Indirection: checkIndirection,
  ResTarget: checkIndirection,
  SQLValueFunction: checkValueFunction,
  CollateClause: (fields, place, at) => checkCollation(stringsOf(fields.collname), place, at),
  IndexElem: (fields, place, at) => checkCollation(stringsOf(fields.collation), place, at),
  SubLink: checkSubqueryOperator,
  LockingClause: checkLocking,
  TypeCast: checkLiteralCast,
};

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
  if (fields.agg_within_group === true && denialOf(name) === undefined)
    place.findings.refuse(place.locate(at), 'WITHIN GROUP is not allowed', 'ORDER BY … OFFSET … LIMIT 1');
  const schema = names.length > 1 ? names.slice(0, -1).join('.') : undefined;
  const refuse = (message: string, instead?: string): void => place.findings.refuse(place.locate(at), message, instead);
  if (schema === 'aergo') {
    if (!hostFunctions.has(name))
      refuse(`there is no function aergo.${name}`, [...hostFunctions].map((known) => `aergo.${known}`).join(', '));
    else place.calls.noteQuestion();
    if (hostFunctions.has(name) && place.where === 'constant')
      refuse(`aergo.${name} changes from call to call: a constraint must stay true`);
    return;
  }
  if (schema !== undefined && schema !== 'pg_catalog') {
    checkCallOut(schema, name, place, refuse);
    return;
  }
  const denial = denialOf(name);
  const isOwn = mayBeOwn(fields, place);
  if (denial !== undefined && !isOwn) {
    refuse(`${asWritten(name, fields)} ${denial.why}`, denial.instead);
    return;
  }
  if (!isOwn && !grants().functionNames.has(name)) {
    refuse(`${name}() is not among the functions that a contract may use`, insteadOf(name));
    return;
  }
  if (place.where !== 'body' && isOwn) {
    refuse(
      `${name}() is a function of the contract: definitions of tables may only use PostgreSQL's own`,
      'the expression itself',
    );
    return;
  }
  if (clockFunctions.has(name)) place.calls.noteQuestion();
  // Of two functions of one name PostgreSQL takes the one that the arguments fit: its own may be meant.
  checkLiteralArguments(name, nodesOf(fields.args), place);
  if (place.where === 'constant' && clockFunctions.has(name))
    refuse(`${name}() changes from call to call: a constraint must stay true`);
}

/** A function as a message names it: some are written as operators. */
function asWritten(name: string, { funcformat, args }: Fields): string {
  if (name !== 'timezone' || funcformat !== 'COERCE_SQL_SYNTAX') return `${name}()`;
  return nodesOf(args).length === 1 ? 'AT LOCAL' : 'AT TIME ZONE';
}

/** Whether a call may be one of a function of the contract; its name may be one of PostgreSQL's too. */
export function mayBeOwn(call: Fields, place: ExpressionPlace): boolean {
  const names = stringsOf(call.funcname);
  return names.length === 1 && place.functions.has(names[0] ?? '');
}

/** A call of another contract's public function. */
function checkCallOut(
  schema: string,
  name: string,
  place: ExpressionPlace,
  refuse: (message: string, instead?: string) => void,
): void {
  if (!isContractName(schema) || !isContractName(name)) refuse(`${schema}.${name} is outside the contract`);
  else if (place.mayCallOut === true) place.calls.noteChange();
  else
    refuse(
      `${schema}.${name}() is a function of another contract: only functions in plpgsql may call it`,
      'a function in plpgsql that calls it',
    );
}

function checkOperator(fields: Fields, place: ExpressionPlace, at: number): void {
  const names = stringsOf(fields.name);
  if (names.length > 1 && names[0] !== 'pg_catalog')
    place.findings.refuse(place.locate(at), `operator ${names.join('.')} is outside the contract`);
  const name = names.at(-1) ?? '';
  const instead = deniedOperators.get(name);
  const isBetween = textOf(fields.kind)?.includes('BETWEEN') === true;
  if (instead !== undefined)
    place.findings.refuse(place.locate(at), `the operator ${name} gives floating-point numbers`, instead);
  else if (!grants().operatorNames.has(name) && !isBetween)
    place.findings.refuse(place.locate(at), `the operator ${name} is not allowed`);
  else if ((name === '*' || name === '/') && [fields.lexpr, fields.rexpr].some(isInterval))
    place.findings.refuse(
      place.locate(at),
      'an interval times a number is computed in floating point',
      insteadOf('make_interval'),
    );
}

/** Whether it says itself that it is an interval. */
function isInterval(operand: unknown): boolean {
  const node = nodeOf(operand);
  return node?.kind === 'TypeCast' && stringsOf(fieldsOf(node.fields.typeName).names).at(-1) === 'interval';
}

/** `x = ANY (SELECT …)` names its operator too; IN does not. */
function checkSubqueryOperator(fields: Fields, place: ExpressionPlace, at: number): void {
  if (fields.operName !== undefined) checkOperator({ name: fields.operName }, place, at);
}

function checkLocking(fields: Fields, place: ExpressionPlace, at: number): void {
  if (fields.waitPolicy !== 'LockWaitBlock')
    place.findings.refuse(
      place.locate(at),
      'SKIP LOCKED and NOWAIT are not allowed: there is nobody else',
      'FOR UPDATE',
    );
}

/** `(row).column`, and a part of a column that is set. */
function checkIndirection(fields: Fields, place: ExpressionPlace, at: number): void {
  const of = placeOf(nodeOf(fields.arg)?.fields ?? {}, at);
  for (const name of stringsOf(fields.indirection)) checkSystemColumn(name, place, of);
}

function checkSystemColumn(name: string, place: ExpressionPlace, at: number): void {
  if (!systemColumns.has(name)) return;
  place.findings.refuse(
    place.locate(at),
    `${name} says where a row lies, which differs between machines`,
    'the primary key',
  );
}

function checkColumn(fields: Fields, place: ExpressionPlace, at: number): void {
  const names = stringsOf(fields.fields);
  const name = names.at(-1) ?? '';
  if (names.length > 2)
    place.findings.refuse(place.locate(at), `${names.join('.')} is outside the contract`, names.slice(-2).join('.'));
  checkSystemColumn(name, place, at);
  if (names.length === 1 && name === 'sqlerrm') {
    place.findings.refuse(place.locate(at), 'SQLERRM is a text of the engine, which must not become state', 'SQLSTATE');
  }
}

function checkValueFunction(fields: Fields, place: ExpressionPlace, at: number): void {
  const op = textOf(fields.op) ?? '';
  const isClock = /CURRENT_(DATE|TIME)|LOCALTIME/.test(op);
  place.calls.noteQuestion();
  const name = op.replace(/^SVFOP_/, '').replace(/_N$/, '');
  if (!isClock) place.findings.refuse(place.locate(at), `${name} looks outside the contract`, 'aergo.author()');
  else if (place.where === 'constant')
    place.findings.refuse(place.locate(at), `${name} changes from call to call: a constraint must stay true`);
}

function checkCollation(names: readonly string[], place: ExpressionPlace, at: number): void {
  if (names.length > 0 && names.at(-1) !== 'C')
    place.findings.refuse(
      place.locate(at),
      `collation ${names.join('.')} depends on the machine's locale`,
      'COLLATE "C", which is the default',
    );
}
