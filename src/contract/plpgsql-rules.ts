/**
 * Bodies in PL/pgSQL: control flow and the statements that read and change rows, nothing else. The parser gives lines but no
 * columns: see body-text.ts.
 */
import { type Body, BodyText } from './body-text.ts';
import { conditionFault } from './condition-rules.ts';
import { copiedTypeFault } from './copied-type.ts';
import { checkTree, type ExpressionPlace } from './expression-rules.ts';
import { nodePhrase } from './node-shapes.ts';
import { checkOrder, checkRowOrder } from './order-rules.ts';
import { LimitExceeded, ParseFailure, parseStatements } from './parser.ts';
import { type Fields, fieldsOf, isFields, listOf, nodeOf, numberOf, textOf } from './syntax-tree.ts';
import { checkType, writtenType } from './type-rules.ts';

const allowedStatements = new Set(
  `PLpgSQL_stmt_block PLpgSQL_stmt_assign PLpgSQL_stmt_if PLpgSQL_stmt_case PLpgSQL_stmt_loop PLpgSQL_stmt_while PLpgSQL_stmt_fori
  PLpgSQL_stmt_fors PLpgSQL_stmt_foreach_a PLpgSQL_stmt_exit PLpgSQL_stmt_return PLpgSQL_stmt_return_next PLpgSQL_stmt_return_query
  PLpgSQL_stmt_raise PLpgSQL_stmt_execsql PLpgSQL_stmt_perform PLpgSQL_stmt_getdiag`.split(/\s+/),
);

const refusals: Readonly<Record<string, readonly [message: string, instead?: string]>> = {
  PLpgSQL_stmt_dynexecute: ['EXECUTE runs a text that nobody has read', 'the statement itself'],
  PLpgSQL_stmt_dynfors: ['FOR … IN EXECUTE runs a text that nobody has read', 'FOR … IN SELECT …'],
  PLpgSQL_stmt_commit: ['COMMIT is not allowed: a call is one transaction', 'RAISE EXCEPTION to take everything back'],
  PLpgSQL_stmt_rollback: [
    'ROLLBACK is not allowed: a call is one transaction',
    'RAISE EXCEPTION to take everything back',
  ],
  PLpgSQL_stmt_call: ['CALL and DO are not allowed', 'PERFORM a function'],
  PLpgSQL_stmt_assert: ['ASSERT can be turned off', 'IF NOT … THEN RAISE EXCEPTION … END IF'],
  PLpgSQL_stmt_open: ['cursors are not allowed', 'FOR … IN SELECT … LOOP'],
  PLpgSQL_stmt_fetch: ['cursors are not allowed', 'FOR … IN SELECT … LOOP'],
  PLpgSQL_stmt_close: ['cursors are not allowed', 'FOR … IN SELECT … LOOP'],
  PLpgSQL_stmt_forc: ['cursors are not allowed', 'FOR … IN SELECT … LOOP'],
};

const statementKinds = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);

export class BodyCheck {
  readonly #text: BodyText;
  readonly #isVerbatim: boolean;
  readonly #place: ExpressionPlace;
  #datums: readonly unknown[] = [];

  constructor(body: Body, place: ExpressionPlace) {
    this.#text = new BodyText(body);
    this.#isVerbatim = body.isVerbatim;
    this.#place = place;
  }

  /** Checks what `parseBody` gave. */
  check(parsed: Fields): void {
    this.#datums = listOf(parsed.datums);
    for (const datum of listOf(parsed.datums)) {
      this.#text.rewind();
      this.#datum(fieldsOf(datum));
    }
    this.#text.rewind();
    this.#walk(parsed.action, 1);
  }

  #datum(datum: Fields): void {
    const node = nodeOf(datum);
    if (node === undefined) return;
    const { fields } = node;
    const line = numberOf(fields.lineno);
    // Parameters and what PL/pgSQL declares itself have no line.
    if (line === undefined || node.kind === 'PLpgSQL_row') return;
    const name = textOf(fields.refname) ?? '';
    if (fields.isconst === true && (name === 'sqlstate' || name === 'sqlerrm')) return;
    if (fields.cursor_explicit_expr !== undefined) {
      this.#refuse(line, name, 'cursors are not allowed', 'FOR … IN SELECT … LOOP');
      return;
    }
    const type = textOf(fieldsOf(fieldsOf(fields.datatype).PLpgSQL_type).typname) ?? '';
    this.#declaredType(type, line);
    this.#walk(fields.default_val, line);
  }

  #declaredType(text: string, line: number): void {
    if (text === 'record') return;
    const copied = copiedTypeFault(text, this.#place.names, this.#variables());
    if (copied === undefined) return;
    if (copied !== 'none') {
      // A quoted name, or one with spaces in it, stands otherwise in the source.
      this.#refuse(line, text, ...copied);
      return;
    }
    const at = this.#text.find(text, line);
    try {
      const [statement] = parseStatements(`SELECT NULL::${text}`);
      const typeName = firstTypeName(statement?.tree);
      if (typeName === undefined) return;
      const type = writtenType(typeName, this.#place.findings, at);
      if (type !== undefined) checkType(type, 'body', this.#place.known, this.#place.findings);
    } catch (error) {
      if (!(error instanceof ParseFailure)) throw error;
      if (error instanceof LimitExceeded) this.#place.findings.unparsed(at, error);
      else this.#place.findings.refuse(at, `type ${text} is not allowed`);
    }
  }

  /** What the function declares, its parameters included. */
  #variables(): ReadonlySet<string> {
    return new Set(this.#datums.flatMap((datum) => textOf(nodeOf(datum)?.fields.refname) ?? []));
  }

  #walk(value: unknown, near: number): void {
    if (Array.isArray(value)) {
      for (const item of value) this.#walk(item, near);
      return;
    }
    if (!isFields(value)) return;
    for (const [kind, content] of Object.entries(value)) {
      if (kind === 'PLpgSQL_expr') this.#expression(fieldsOf(content), near);
      else if (kind.startsWith('PLpgSQL_stmt_')) this.#statement(kind, fieldsOf(content), near);
      else if (kind === 'PLpgSQL_exception') this.#exception(fieldsOf(content), near);
      else if (kind === 'target' || kind === 'var') continue;
      else this.#walk(content, near);
    }
  }

  #statement(kind: string, fields: Fields, near: number): void {
    const line = numberOf(fields.lineno) ?? near;
    const refusal = refusals[kind];
    if (refusal !== undefined) {
      const word = /_(dynexecute|dynfors)$/.test(kind) ? 'execute' : kind.slice('PLpgSQL_stmt_'.length);
      this.#refuse(line, word, ...refusal);
      return;
    }
    if (!allowedStatements.has(kind)) {
      this.#refuse(line, '', 'this statement is not allowed');
      return;
    }
    if (kind === 'PLpgSQL_stmt_getdiag') {
      this.#diagnostics(fields, line);
      return;
    }
    if (kind === 'PLpgSQL_stmt_return_query' && fields.dynquery !== undefined) {
      this.#refuse(line, 'execute', 'RETURN QUERY EXECUTE runs a text that nobody has read', 'RETURN QUERY SELECT …');
      return;
    }
    if (this.#givesMessage(fields))
      this.#refuse(line, 'sqlerrm', 'SQLERRM is a text of the engine, which must not become state', 'SQLSTATE');
    // A loop's query stands before its body, but behind it in the parser's answer.
    const { body, query, ...others } = fields;
    if (kind === 'PLpgSQL_stmt_fors')
      this.#expression(fieldsOf(fieldsOf(query).PLpgSQL_expr), line, 'FOR over this query');
    else this.#walk(query, line);
    this.#walk(others, line);
    this.#walk(body, line);
  }

  /** RETURN of a bare variable has no expression: is it SQLERRM? */
  #givesMessage(fields: Fields): boolean {
    const number = numberOf(fields.retvarno);
    const variable = number === undefined ? undefined : nodeOf(this.#datums[number])?.fields;
    return variable?.isconst === true && variable.refname === 'sqlerrm';
  }

  #diagnostics(fields: Fields, line: number): void {
    const items = listOf(fields.diag_items).map((item) => textOf(fieldsOf(fieldsOf(item).PLpgSQL_diag_item).kind));
    if (fields.is_stacked === true || items.some((item) => item !== 'ROW_COUNT')) {
      this.#refuse(
        line,
        'get',
        'diagnostics are texts of the engine, which must not become state',
        'GET DIAGNOSTICS … = ROW_COUNT, or SQLSTATE',
      );
    }
  }

  #exception(fields: Fields, near: number): void {
    for (const condition of listOf(fields.conditions)) {
      const name = textOf(fieldsOf(fieldsOf(condition).PLpgSQL_condition).condname) ?? '';
      const fault = conditionFault(name);
      if (fault !== undefined) this.#refuse(near, name, ...fault);
    }
    this.#walk(fields.action, near);
  }

  /** An expression or statement: its text is parsed in turn. @param rows what takes its rows one by one */
  #expression(fields: Fields, line: number, rows?: string): void {
    const mode = numberOf(fields.parseMode) ?? 0;
    // CASE compares with a variable of the parser's own.
    const query = (textOf(fields.query) ?? '').replace(/^"__Case__Variable_\d+__" IN (?=\()/, '');
    // Modes 3 and up are assignments to so many names: `a.b := expression`.
    const target = mode >= 3 ? (/^[^:=]*?(:=|=)/.exec(query)?.[0].length ?? 0) : 0;
    const prefix = mode === 0 ? '' : 'SELECT ';
    const own = prefix + query.slice(target);
    const start = this.#text.find(query, line) + Buffer.byteLength(query.slice(0, target)) - prefix.length;
    if (query.slice(target).trim() === '')
      this.#place.findings.syntax(start + prefix.length, 'an expression is missing');
    try {
      for (const { tree } of parseStatements(own)) this.#sql(tree, start, mode, rows);
    } catch (error) {
      if (!(error instanceof ParseFailure)) throw error;
      this.#place.findings.unparsed(start + error.at, error);
    }
  }

  #sql(tree: unknown, start: number, mode: number, rows: string | undefined): void {
    const kind = nodeOf(tree)?.kind ?? '';
    const place: ExpressionPlace = { ...this.#place, locate: (at) => (this.#isVerbatim ? start + at : start) };
    if (mode === 0 && !statementKinds.has(kind)) {
      place.findings.refuse(
        start,
        `${nodePhrase(kind)} is not allowed in a function`,
        'SELECT, INSERT, UPDATE, DELETE and MERGE',
      );
      return;
    }
    checkTree(tree, { ...place, mayCallOut: true });
    checkOrder(tree, place);
    if (rows !== undefined) checkRowOrder(tree, place, rows);
  }

  #refuse(line: number, word: string, message: string, instead?: string): void {
    this.#place.findings.refuse(this.#text.find(word, line), message, instead);
  }
}

function firstTypeName(tree: unknown): Fields | undefined {
  if (Array.isArray(tree)) {
    for (const item of tree) {
      const found = firstTypeName(item);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!isFields(tree)) return undefined;
  if (isFields(tree.typeName)) return tree.typeName;
  return firstTypeName(Object.values(tree));
}
