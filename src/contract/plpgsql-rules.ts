/**
 * Bodies in PL/pgSQL: control flow and the statements that read and change rows, nothing else. The parser gives lines but no
 * columns, so an expression's text is looked for from its line on.
 */
import { checkTree, type ExpressionPlace, nodePhrase } from './expression-rules.ts';
import { ParseFailure, parseStatements } from './parser.ts';
import { type Fields, fieldsOf, isFields, listOf, nodeOf, numberOf, textOf } from './syntax-tree.ts';
import { checkType, writtenType } from './type-rules.ts';

/** A function's body, and where its text begins in the source (bytes). */
export interface Body {
  readonly text: string;
  readonly from: number;
  /** Whether the text stands in the source letter for letter, so that places inside it can be told. */
  readonly isVerbatim: boolean;
}

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

/** Conditions that tell of the engine, not of the call: classes 53, 54, 57, 58 and XX, and OTHERS, which takes them in. */
const engineConditions = new Set(
  `others insufficient_resources disk_full out_of_memory too_many_connections configuration_limit_exceeded program_limit_exceeded
  statement_too_complex too_many_columns too_many_arguments operator_intervention query_canceled admin_shutdown crash_shutdown
  cannot_connect_now database_dropped idle_session_timeout system_error io_error undefined_file duplicate_file file_name_too_long
  internal_error data_corrupted index_corrupted`.split(/\s+/),
);

export class BodyCheck {
  readonly #body: Body;
  readonly #place: ExpressionPlace;
  readonly #lines: readonly number[];

  constructor(body: Body, place: ExpressionPlace) {
    this.#body = body;
    this.#place = place;
    const lines = [0];
    for (let at = body.text.indexOf('\n'); at >= 0; at = body.text.indexOf('\n', at + 1)) lines.push(at + 1);
    this.#lines = lines;
  }

  /** Checks what `parseBody` gave. */
  check(parsed: Fields): void {
    for (const datum of listOf(parsed.datums)) this.#datum(fieldsOf(datum));
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
    if (/^("?[\w$]+"?\.)?"?[\w$]+"?%(type|rowtype)$/i.test(text) || text === 'record') return;
    const at = this.#find(text, line);
    try {
      const [statement] = parseStatements(`SELECT NULL::${text}`);
      const typeName = firstTypeName(statement?.tree);
      if (typeName === undefined) return;
      const type = writtenType(typeName, this.#place.findings, at);
      if (type !== undefined) checkType(type, 'body', this.#place.known, this.#place.findings);
    } catch (error) {
      if (!(error instanceof ParseFailure)) throw error;
      this.#place.findings.refuse(at, `type ${text} is not allowed`);
    }
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
    for (const value of Object.values(fields)) this.#walk(value, line);
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
      const isEngine = engineConditions.has(name.toLowerCase()) || /^(53|54|57|58|XX)/i.test(name);
      if (isEngine && !/^[a-z_]+$/i.test(name.slice(0, 2)))
        this.#refuse(
          near,
          name,
          `an error of class ${name.slice(0, 2)} tells of the engine, not of the call`,
          'the conditions that can arise',
        );
      else if (isEngine)
        this.#refuse(
          near,
          name,
          `${name.toUpperCase()} takes in errors of the engine, which must not decide a result`,
          'the conditions that can arise, as in unique_violation',
        );
    }
    this.#walk(fields.action, near);
  }

  /** An expression or statement: its text is parsed in turn. */
  #expression(fields: Fields, line: number): void {
    const query = textOf(fields.query) ?? '';
    const mode = numberOf(fields.parseMode) ?? 0;
    // Modes 3 and up are assignments to so many names: `a.b := expression`.
    const target = mode >= 3 ? (/^[^:=]*?(:=|=)/.exec(query)?.[0].length ?? 0) : 0;
    const prefix = mode === 0 ? '' : 'SELECT ';
    const own = prefix + query.slice(target);
    const start = this.#find(query, line) + Buffer.byteLength(query.slice(0, target)) - prefix.length;
    if (query.slice(target).trim() === '') this.#place.findings.syntax(start, 'an expression is missing');
    try {
      for (const { tree } of parseStatements(own)) this.#sql(tree, start, mode);
    } catch (error) {
      if (!(error instanceof ParseFailure)) throw error;
      this.#place.findings.syntax(start + error.at, error.message);
    }
  }

  #sql(tree: unknown, start: number, mode: number): void {
    const kind = nodeOf(tree)?.kind ?? '';
    const place: ExpressionPlace = { ...this.#place, locate: (at) => (this.#body.isVerbatim ? start + at : start) };
    if (mode === 0 && !statementKinds.has(kind)) {
      place.findings.refuse(
        start,
        `${nodePhrase(kind)} is not allowed in a function`,
        'SELECT, INSERT, UPDATE, DELETE and MERGE',
      );
      return;
    }
    checkTree(tree, place);
  }

  #refuse(line: number, word: string, message: string, instead?: string): void {
    this.#place.findings.refuse(this.#find(word, line), message, instead);
  }

  /** The place in the source of a text of the body, on or after a line. */
  #find(text: string, line: number): number {
    const lineStart = this.#lines[line - 1] ?? 0;
    if (!this.#body.isVerbatim) return this.#body.from;
    const at = this.#search(text, lineStart);
    return this.#body.from + Buffer.byteLength(this.#body.text.slice(0, at));
  }

  #search(text: string, lineStart: number): number {
    const body = this.#body.text;
    const lower = body.toLowerCase();
    const exact = lower.indexOf(text.toLowerCase(), lineStart);
    if (text !== '' && exact >= 0) return exact;
    // What stood between SELECT and FROM as INTO is blank in the parser's text, and PERFORM is SELECT there.
    const performed = /^SELECT /.test(text) ? lower.indexOf(`perform ${text.slice(7).toLowerCase()}`, lineStart) : -1;
    if (performed >= 0) return performed + 'PERFORM '.length - 'SELECT '.length;
    const beginning = text.split(/\s{2,}/)[0] ?? '';
    const partly = beginning === '' ? -1 : lower.indexOf(beginning.toLowerCase(), lineStart);
    if (partly >= 0) return partly;
    return lineStart + Math.max(0, body.slice(lineStart).search(/\S/));
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
