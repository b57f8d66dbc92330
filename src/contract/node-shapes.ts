/**
 * The allow-list of the gate: every node of PostgreSQL's parse tree that may stand in a query or an expression, with every
 * member that it may have. A node or a member that is not here is refused, so what a later PostgreSQL adds is refused too.
 */

/** A member's struct, where the parser leaves its name out; '' for wrapped nodes, lists and plain values. */
export type NodeShape = ReadonlyMap<string, string>;

/** One line a node: its name, then its members; `member:Struct` where the parser does not name the struct. */
const text = `
SelectStmt distinctClause targetList fromClause whereClause groupClause groupDistinct havingClause windowClause valuesLists sortClause limitOffset limitCount limitOption lockingClause withClause:WithClause op all larg:SelectStmt rarg:SelectStmt
InsertStmt relation:RangeVar cols selectStmt onConflictClause:OnConflictClause returningClause:ReturningClause withClause:WithClause override
UpdateStmt relation:RangeVar targetList whereClause fromClause returningClause:ReturningClause withClause:WithClause
DeleteStmt relation:RangeVar usingClause whereClause returningClause:ReturningClause withClause:WithClause
MergeStmt relation:RangeVar sourceRelation joinCondition mergeWhenClauses returningClause:ReturningClause withClause:WithClause
MergeWhenClause matchKind commandType override condition targetList values
ReturnStmt returnval
RangeVar relname schemaname inh relpersistence alias:Alias location
RangeSubselect lateral subquery alias:Alias
RangeFunction lateral ordinality is_rowsfrom functions alias:Alias coldeflist
ColumnDef colname typeName:TypeName is_local location
JoinExpr jointype isNatural larg rarg usingClause join_using_alias:Alias quals alias:Alias rtindex
Alias aliasname colnames
ResTarget name indirection val location
ColumnRef fields location
A_Const ival:Integer fval:Float boolval:Boolean sval:String bsval:BitString isnull location
Integer ival
Float fval
Boolean boolval
String sval
BitString bsval
List items
A_Expr kind name lexpr rexpr rexpr_list_start rexpr_list_end location
A_Star
A_Indices is_slice lidx uidx
A_Indirection arg indirection
A_ArrayExpr elements list_start list_end location
BoolExpr boolop args location
NullTest arg nulltesttype argisrow location
BooleanTest arg booltesttype location
CaseExpr arg args defresult location
CaseWhen expr result location
CoalesceExpr args location
MinMaxExpr op args location
FuncCall funcname args agg_order agg_filter over:WindowDef agg_within_group agg_star agg_distinct func_variadic funcformat location
NamedArgExpr arg name argnumber location
TypeCast arg typeName:TypeName location
SubLink subLinkType testexpr operName subselect location
RowExpr args row_format location
SortBy node sortby_dir sortby_nulls location
WindowDef name refname partitionClause orderClause frameOptions startOffset endOffset location
GroupingSet kind content location
GroupingFunc args location
WithClause ctes recursive location
CommonTableExpr ctename aliascolnames ctematerialized ctequery search_clause:CTESearchClause cycle_clause:CTECycleClause location
CTESearchClause search_col_list search_breadth_first search_seq_column location
CTECycleClause cycle_col_list cycle_mark_column cycle_mark_value cycle_mark_default cycle_path_column location
CollateClause arg collname location
SQLValueFunction op typmod location
ParamRef number location
LockingClause lockedRels strength waitPolicy
OnConflictClause action infer:InferClause targetList whereClause location
InferClause indexElems whereClause conname location
IndexElem name expr collation ordering nulls_ordering
MultiAssignRef source colno ncolumns
SetToDefault location
ReturningClause options exprs
ReturningOption option value location
`;

const shapes: ReadonlyMap<string, NodeShape> = new Map(
  text
    .trim()
    .split('\n')
    .map((line) => {
      const [kind = '', ...members] = line.split(' ');
      return [kind, new Map(members.map((member) => pairOf(member)))];
    }),
);

function pairOf(member: string): [string, string] {
  const [name = '', struct = ''] = member.split(':');
  return [name, struct];
}

/** The members that a node of a query or an expression may have; undefined: it may not stand there. */
export function nodeShape(kind: string): NodeShape | undefined {
  return shapes.get(kind);
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
  ['RangeTableFunc', 'XMLTABLE'],
  ['JsonTable', 'JSON_TABLE'],
  ['CurrentOfExpr', 'WHERE CURRENT OF'],
  ['VariableSetStmt', 'SET'],
  ['VariableShowStmt', 'SHOW'],
  ['TransactionStmt', 'transaction control'],
  ['CreateStmt', 'CREATE TABLE'],
  ['CreateTableAsStmt', 'CREATE TABLE AS'],
  ['SortBy', 'ORDER BY'],
  ['RangeVar', 'a table'],
  ['IndexElem', 'a column of an index'],
  ['XmlExpr', 'XML'],
  ['XmlSerialize', 'XMLSERIALIZE'],
  ['MergeSupportFunc', 'merge_action()'],
  ['JsonObjectConstructor', 'JSON_OBJECT'],
  ['JsonArrayConstructor', 'JSON_ARRAY'],
  ['JsonArrayQueryConstructor', 'JSON_ARRAY'],
  ['JsonObjectAgg', 'JSON_OBJECTAGG'],
  ['JsonArrayAgg', 'JSON_ARRAYAGG'],
  ['JsonParseExpr', 'JSON()'],
  ['JsonScalarExpr', 'JSON_SCALAR'],
  ['JsonSerializeExpr', 'JSON_SERIALIZE'],
  ['JsonFuncExpr', 'JSON_VALUE, JSON_QUERY or JSON_EXISTS'],
  ['JsonIsPredicate', 'IS JSON'],
]);

/** What to write for a node that is refused, where there is something. */
export function nodeInstead(kind: string): string | undefined {
  return insteads.get(kind);
}

const insteads = new Map([
  ['RangeTableSample', 'WHERE, or ORDER BY the primary key with LIMIT'],
  ['CurrentOfExpr', 'WHERE with the primary key'],
  ['JsonObjectConstructor', 'jsonb_build_object(key, value, …)'],
  ['JsonArrayConstructor', 'jsonb_build_array(value, …)'],
  ['JsonArrayQueryConstructor', 'jsonb_agg(value ORDER BY key)'],
  ['JsonObjectAgg', 'jsonb_object_agg(key, value ORDER BY key)'],
  ['JsonArrayAgg', 'jsonb_agg(value ORDER BY key)'],
  ['JsonFuncExpr', "value ->> 'member', or jsonb_path_query_first(value, path)"],
  ['JsonIsPredicate', 'an argument of type jsonb'],
  ['JsonTable', 'jsonb_to_recordset(value) AS x (column type, …)'],
  ['MergeSupportFunc', 'INSERT … ON CONFLICT, or UPDATE and IF NOT FOUND'],
]);
