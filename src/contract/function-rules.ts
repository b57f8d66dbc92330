/**
 * CREATE FUNCTION: what is refused, the signature, and the statement with `LANGUAGE plpgsql` where the source has none.
 */
import { isKnownByName } from './aggregate-rules.ts';
import { faultInBody } from './body-fault.ts';
import type { Body } from './body-text.ts';
import type { Volatility } from './call-record.ts';
import { checkTree, type ExpressionPlace } from './expression-rules.ts';
import { isDeniedName } from './function-list.ts';
import { checkOrder, checkRowOrder } from './order-rules.ts';
import type { FunctionSignature } from './parsed-contract.ts';
import { type ParsedStatement, ParseFailure, parseBody, parseStatements, tokensOf } from './parser.ts';
import { BodyCheck } from './plpgsql-rules.ts';
import { type Fields, fieldsOf, listOf, nodeOf, nodesOf, placeOf, stringOf, stringsOf, textOf } from './syntax-tree.ts';
import { checkName } from './table-rules.ts';
import { checkType, typeText, writtenType } from './type-rules.ts';

const allowedOptions = new Set(['language', 'as', 'volatility', 'strict', 'parallel']);
const rowStatements = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);

/** What stands in quotes behind AS. */
export interface FunctionBody {
  readonly text: string;
  readonly language: string;
}

export interface ReadFunction {
  readonly signature: FunctionSignature;
  readonly body: FunctionBody | undefined;
  /** The statement, ready to run. */
  readonly text: string;
}

/** The bare name of the function that a CREATE FUNCTION makes. */
export function functionName(fields: Fields): string {
  return stringsOf(fields.funcname).at(-1) ?? '';
}

/** Checks a CREATE FUNCTION and reads it. */
export function readFunction(
  fields: Fields,
  statement: ParsedStatement,
  source: Buffer,
  place: ExpressionPlace,
): ReadFunction {
  const names = stringsOf(fields.funcname);
  const name = names.at(-1) ?? '';
  const text = source.toString('utf8', statement.from, statement.to).trim();
  const at =
    statement.from + Buffer.byteLength(/^\s*/.exec(source.toString('utf8', statement.from, statement.to))?.[0] ?? '');
  checkName(name.replace(/^_/, ''), 'function', at, place);
  if (isKnownByName(name) || isDeniedName(name))
    place.findings.refuse(at, `${name} is a function of PostgreSQL: a call could mean either`, 'another name');
  if (names.length > 1) place.findings.refuse(at, `${names.join('.')} is outside the contract`, name);
  if (fields.is_procedure === true)
    place.findings.refuse(at, 'procedures are not allowed', 'CREATE FUNCTION … RETURNS void');
  const options = new Map(nodesOf(fields.options).map(({ fields: option }) => [textOf(option.defname) ?? '', option]));
  checkOptions(options, place, at);
  const language =
    stringOf(options.get('language')?.arg)?.toLowerCase() ?? (fields.sql_body === undefined ? 'plpgsql' : 'sql');
  if (language !== 'plpgsql' && language !== 'sql') {
    place.findings.refuse(
      place.locate(placeOf(options.get('language') ?? {}, at)),
      `LANGUAGE ${language} is not allowed`,
      'LANGUAGE plpgsql or sql',
    );
  }
  const spliced = options.has('language') || fields.sql_body !== undefined ? text : `${text}\nLANGUAGE plpgsql`;
  // What a parameter's default does, a call of the function does.
  place.calls.begin(name, volatilityOf(options), at);
  const signature = readSignature(name, fields, place, at);
  if (fields.sql_body !== undefined) checkSqlTrees(treesOf(fields.sql_body), fields, place, at);
  // A type that the signature copies was refused, and the parser of bodies does not read it.
  else if (!copiesType(fields)) checkBody({ language, options, spliced, at, place, statement, source, fields });
  place.calls.end();
  const [written] = stringsOf(options.get('as')?.arg);
  const isKnown = language === 'plpgsql' || language === 'sql';
  return { signature, text: spliced, body: isKnown && written !== undefined ? { text: written, language } : undefined };
}

function copiesType(fields: Fields): boolean {
  const parameters = nodesOf(fields.parameters).map(({ fields: parameter }) => fieldsOf(parameter.argType));
  return [...parameters, fieldsOf(fields.returnType)].some((typeName) => typeName.pct_type === true);
}

function checkOptions(options: ReadonlyMap<string, Fields>, place: ExpressionPlace, at: number): void {
  for (const [name, option] of options) {
    if (allowedOptions.has(name)) continue;
    const where = place.locate(placeOf(option, at));
    if (name === 'security')
      place.findings.refuse(
        where,
        'SECURITY DEFINER is not allowed: a function has the rights of its contract',
        'the function without it',
      );
    else if (name === 'set')
      place.findings.refuse(where, 'SET is not allowed: the settings are fixed', 'the function without it');
    else place.findings.refuse(where, `the option ${name.toUpperCase()} is not allowed`);
  }
}

const privateModes = new Set(['FUNC_PARAM_OUT', 'FUNC_PARAM_INOUT', 'FUNC_PARAM_TABLE']);

function readSignature(name: string, fields: Fields, place: ExpressionPlace, at: number): FunctionSignature {
  const isPrivate = name.startsWith('_');
  const parameters = nodesOf(fields.parameters).map(({ fields: parameter }, index) => {
    const where = place.locate(placeOf(parameter, at));
    const mode = textOf(parameter.mode) ?? '';
    if (mode === 'FUNC_PARAM_VARIADIC')
      place.findings.refuse(where, 'VARIADIC is not allowed', 'one parameter for each value');
    else if (privateModes.has(mode) && !isPrivate)
      place.findings.refuse(where, 'a public function has no OUT parameters', 'RETURNS one value');
    if (parameter.defexpr !== undefined) {
      if (!isPrivate) place.findings.refuse(where, 'a parameter of a public function has no default', 'two functions');
      checkTree(parameter.defexpr, place);
      checkOrder(parameter.defexpr, place);
    }
    const typeName = fieldsOf(parameter.argType);
    const type = writtenType(typeName, place.findings, place.locate(placeOf(typeName)));
    if (type !== undefined) checkType(type, isPrivate ? 'body' : 'argument', place.known, place.findings);
    const parameterName = textOf(parameter.name);
    if (parameterName !== undefined) checkName(parameterName.replace(/^_+/, ''), 'parameter', where, place);
    return { name: parameterName ?? `$${index + 1}`, type: type === undefined ? 'text' : typeText(type) };
  });
  const typeName = fieldsOf(fields.returnType);
  const returned =
    fields.returnType === undefined
      ? undefined
      : writtenType(typeName, place.findings, place.locate(placeOf(typeName)));
  if (returned !== undefined) checkType(returned, isPrivate ? 'body' : 'result', place.known, place.findings);
  else if (fields.returnType === undefined && !isPrivate && fields.is_procedure !== true)
    place.findings.refuse(at, `function ${name} does not say what it returns`, 'RETURNS void');
  return { name, arguments: parameters, returns: returned === undefined ? 'void' : typeText(returned) };
}

interface BodyRequest {
  readonly language: string;
  readonly options: ReadonlyMap<string, Fields>;
  readonly spliced: string;
  readonly at: number;
  readonly place: ExpressionPlace;
  readonly statement: ParsedStatement;
  readonly source: Buffer;
  /** The whole CREATE FUNCTION. */
  readonly fields: Fields;
}

function checkBody({ language, options, spliced, at, place, statement, source, fields }: BodyRequest): void {
  const text = stringsOf(options.get('as')?.arg)[0] ?? '';
  const body = locateBody(text, options.get('as'), statement, source);
  try {
    if (language === 'plpgsql') new BodyCheck(body, place).check(parseBody(spliced));
    else if (language === 'sql') checkSqlBody(body, fields, place);
  } catch (error) {
    if (!(error instanceof ParseFailure)) throw error;
    const inBody = language === 'sql' ? error.at : faultInBody(spliced, body.text, error.message);
    const row = rowVariableIn(body.text, error.message);
    const placeInBody = row?.at ?? inBody;
    const where = body.isVerbatim && placeInBody !== undefined ? body.from + placeInBody : at;
    if (row !== undefined) {
      place.findings.syntax(where, `${row.field} cannot be set: what ${row.type} has is not known here`, 'record');
      return;
    }
    place.findings.unparsed(where, error);
  }
}

/** A field that is set of a variable of a table's type: the parser of bodies does not know a table's columns, nor where it was. */
function rowVariableIn(body: string, message: string): { field: string; type: string; at: number } | undefined {
  const [, field = '', name = ''] = /^"((\w+)\.\w+)" is not a known variable$/.exec(message) ?? [];
  const declared = new RegExp(`\\b${name}\\s+(\\S+%rowtype)\\b`, 'i').exec(body);
  const type = declared?.[1];
  if (field === '' || declared === null || type === undefined) return undefined;
  return { field, type, at: Buffer.byteLength(body.slice(0, declared.index + declared[0].length - type.length)) };
}

function checkSqlBody(body: Body, fields: Fields, place: ExpressionPlace): void {
  const inside: ExpressionPlace = { ...place, locate: (at) => (body.isVerbatim ? body.from + at : body.from) };
  const statements = parseStatements(body.text);
  for (const { tree, from } of statements) {
    const kind = nodeOf(tree)?.kind ?? '';
    if (!rowStatements.has(kind))
      inside.findings.refuse(
        inside.locate(from),
        'a function in SQL may only SELECT, INSERT, UPDATE, DELETE and MERGE',
      );
  }
  const allowed = statements.filter(({ tree }) => rowStatements.has(nodeOf(tree)?.kind ?? ''));
  checkSqlTrees(
    allowed.map(({ tree }) => tree),
    fields,
    inside,
    statements[0]?.from ?? 0,
  );
}

/** The statements of `RETURN …` or `BEGIN ATOMIC … END`. */
function treesOf(body: unknown): readonly unknown[] {
  return nodeOf(body)?.kind === 'List' ? listOf(body).flatMap((item) => treesOf(item)) : [body];
}

/** Of a function in SQL that gives one value, the first row of its last statement is the result. */
function checkSqlTrees(trees: readonly unknown[], fields: Fields, place: ExpressionPlace, near: number): void {
  for (const tree of trees) {
    checkTree(tree, place, near);
    checkOrder(tree, place, near);
  }
  const returned = fieldsOf(fields.returnType);
  const givesOne = returned.setof !== true && stringsOf(returned.names).at(-1) !== 'void';
  const givesTable = nodesOf(fields.parameters).some(({ fields: parameter }) => parameter.mode === 'FUNC_PARAM_TABLE');
  if (givesOne && !givesTable) checkRowOrder(trees.at(-1), place, 'the result of a function in SQL', near);
}

function volatilityOf(options: ReadonlyMap<string, Fields>): Volatility {
  const word = stringOf(options.get('volatility')?.arg);
  return word === 'immutable' || word === 'stable' ? word : 'volatile';
}

/** Where the body stands in the source: verbatim between dollar quotes, or between plain quotes that escape nothing. */
function locateBody(text: string, as: Fields | undefined, statement: ParsedStatement, source: Buffer): Body {
  const after = placeOf(as ?? {}, statement.from);
  const bytes = Buffer.from(text, 'utf8');
  for (const token of tokensOf(source.toString('utf8', statement.from, statement.to))) {
    const from = statement.from + token.from;
    if (from < after || !/^(\$|'|[eE]')/.test(token.text)) continue;
    const opening = /^\$[^$]*\$|^'|^[eE]'/.exec(token.text)?.[0] ?? '';
    const start = from + Buffer.byteLength(opening);
    return { text, from: start, isVerbatim: source.subarray(start, start + bytes.length).equals(bytes) };
  }
  return { text, from: after, isVerbatim: false };
}
