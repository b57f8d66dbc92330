/**
 * The gate in front of a person's query: one statement, of nodes that only read, on tables and views of contracts, with
 * functions that a contract may use. Behind it the reading role holds by itself (read-query.ts).
 */
import { AergoError } from '../errors.ts';
import { denialOf } from './function-list.ts';
import { grants } from './grants.ts';
import { isContractName } from './names.ts';
import { loadParser, ParseFailure, parseStatements } from './parser.ts';
import { type Fields, isFields, type Node, nodeOf, placeOf, stringsOf, textOf } from './syntax-tree.ts';

/** @throws AergoError AERGO_QUERY_REFUSED */
export async function checkQuery(sql: string): Promise<void> {
  await loadParser();
  const trees = parse(sql);
  if (trees.length !== 1)
    throw refused(trees.length === 0 ? 'there is no statement' : 'there is more than one statement');
  const node = nodeOf(trees[0]);
  if (node?.kind !== 'SelectStmt') throw refused('it is no SELECT, VALUES or WITH');
  try {
    checkPart(trees[0], Buffer.from(sql));
  } catch (error) {
    if (error instanceof RangeError) throw refused('it is nested too deeply');
    throw error;
  }
}

function parse(sql: string): unknown[] {
  if (!sql.isWellFormed() || sql.includes('\0')) throw refused('it is no text');
  try {
    return parseStatements(sql).map(({ tree }) => tree);
  } catch (error) {
    if (!(error instanceof ParseFailure)) throw error;
    throw new AergoError('AERGO_QUERY_REFUSED', `the query does not parse: ${error.message}`, {
      cause: error,
      details: { at: error.at },
    });
  }
}

const reading = new Set(
  `SelectStmt RangeVar RangeSubselect RangeFunction JoinExpr Alias ResTarget ColumnRef A_Const A_Expr A_Star A_Indices
  A_Indirection A_ArrayExpr BoolExpr NullTest BooleanTest CaseExpr CaseWhen CoalesceExpr MinMaxExpr FuncCall TypeCast TypeName
  SubLink RowExpr SortBy WindowDef GroupingSet GroupingFunc CommonTableExpr CTESearchClause CTECycleClause WithClause
  CollateClause SQLValueFunction List String Integer Boolean Float BitString NamedArgExpr ColumnDef JsonFuncExpr JsonFormat
  JsonOutput JsonReturning JsonValueExpr JsonArgument JsonBehavior JsonKeyValue JsonObjectConstructor JsonArrayConstructor
  JsonArrayQueryConstructor JsonAggConstructor JsonObjectAgg JsonArrayAgg JsonIsPredicate JsonParseExpr JsonScalarExpr
  JsonSerializeExpr RangeTableFunc RangeTableFuncCol JsonTable JsonTableColumn JsonTablePathSpec`.split(/\s+/),
);
const changing = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'IntoClause', 'LockingClause']);

function checkPart(part: unknown, sql: Buffer): void {
  if (Array.isArray(part)) {
    for (const item of part) checkPart(item, sql);
    return;
  }
  const node = nodeOf(part);
  if (node !== undefined) checkNode(node, sql);
  else if (isFields(part)) checkFields(part, sql);
}

function checkFields(fields: Fields, sql: Buffer): void {
  for (const [name, value] of Object.entries(fields)) {
    // Structs of one kind stand there without their names.
    if (name === 'intoClause') throw refused('it would change something');
    checkPart(value, sql);
  }
}

function checkNode({ kind, fields }: Node, sql: Buffer): void {
  if (changing.has(kind)) throw refused('it would change or lock something');
  if (!reading.has(kind)) throw refused(`${kind} is not for queries`);
  if (kind === 'RangeVar') checkRelation(fields, sql);
  if (kind === 'FuncCall') checkCall(fields, sql);
  checkFields(fields, sql);
}

function checkRelation(fields: Fields, sql: Buffer): void {
  const name = textOf(fields.relname) ?? '';
  const schema = textOf(fields.schemaname);
  // A bare name is one that WITH gives; where it is not, the engine says so.
  if (isContractName(name) && (schema === undefined || isContractName(schema))) return;
  throw refused(`${schema === undefined ? '' : `${schema}.`}${name} is no table of a contract${at(fields, sql)}`);
}

function checkCall(fields: Fields, sql: Buffer): void {
  const names = stringsOf(fields.funcname);
  const name = names.at(-1) ?? '';
  if (names.length > 1 && names[0] !== 'pg_catalog') {
    throw refused(
      `${names.join('.')}() is a function of a contract${at(fields, sql)}`,
      `aergo call ${names.join('.')}`,
    );
  }
  if (grants().functionNames.has(name)) return;
  const denial = denialOf(name);
  const why = denial?.why ?? 'is not on the list of functions that contracts and queries may use';
  throw refused(`${name}() ${why}${at(fields, sql)}`, denial?.instead);
}

function at(fields: Fields, sql: Buffer): string {
  const before = sql.toString('utf8', 0, placeOf(fields)).split('\n');
  return ` (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
}

function refused(why: string, instead?: string): AergoError {
  return new AergoError('AERGO_QUERY_REFUSED', `the query was refused: ${why}`, {
    hint: instead ?? 'one SELECT, VALUES or WITH; what changes rows is a function of a contract: aergo call',
  });
}
