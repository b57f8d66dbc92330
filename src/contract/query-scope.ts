/**
 * What names mean in one SELECT, UPDATE or DELETE: the rows that it ranges over, their columns, and which of these its
 * conditions set equal. Where it does not know, it says that rows are not told apart.
 */
import { inexactIn } from './inexact-values.ts';
import {
  type Closure,
  type ColumnId,
  mostSources,
  nameOf,
  type Reach,
  RowDependencies,
  sourceOf,
} from './row-dependencies.ts';
import { conditionsIn, functionSource, type RowSource, renameColumns, scaleOfType, unknownRows } from './row-source.ts';
import { type Fields, fieldsOf, isFields, type Node, nodeOf, nodesOf, stringsOf, textOf } from './syntax-tree.ts';

/** What names of tables and functions mean where a query stands. */
export interface QueryNames {
  /** Tables and views of the contract, and the WITH queries around. */
  readonly relations: ReadonlyMap<string, RowSource>;
  /** What the contract's own functions give as rows. */
  readonly functions: ReadonlyMap<string, RowSource>;
}

/** Gives the rows of a query in FROM. */
type QueryReader = (query: Fields, names: QueryNames) => RowSource;

interface Mentioned {
  readonly ids: readonly ColumnId[];
  /** Whether it may mention columns that are not known. */
  readonly isOpaque: boolean;
}

export class QueryScope {
  readonly #sources: { readonly name: string; readonly source: RowSource }[] = [];
  readonly #dependencies = new RowDependencies();
  readonly #names: QueryNames;
  readonly #read: QueryReader;
  #hidesNames = false;
  readonly #closures = new WeakMap<readonly unknown[], Closure>();

  constructor(names: QueryNames, read: QueryReader) {
    this.#names = names;
    this.#read = read;
  }

  /** Adds a FROM list's items, which are joined. */
  addFrom(items: readonly Node[]): this {
    for (const item of items) this.#add(item);
    return this;
  }

  /** Adds a table under its name or alias. */
  addTable(relation: Fields): this {
    this.#push(relation, this.#relation(relation));
    return this;
  }

  /** Adds a condition that holds for every row. */
  addCondition(condition: unknown): this {
    this.#condition(condition, { needs: [], targets: undefined });
    // Without table names a condition may only be taken for one of the only table there is.
    if (this.#sources.length === 1) for (const fact of conditionsIn(condition)) this.#dependencies.addFact(fact);
    return this;
  }

  /** Whether there is nothing to range over. */
  get isEmpty(): boolean {
    return this.#sources.length === 0;
  }

  /** Whether the only rows are those of VALUES or a built-in function, which come in an order of their own. */
  get isOrdered(): boolean {
    return this.#sources.length === 1 && this.#sources[0]?.source.isOrdered === true;
  }

  /** Whether there is at most one row. */
  get isSingle(): boolean {
    return this.tellsApart([]);
  }

  /** Whether no two rows agree on all of these expressions. */
  tellsApart(expressions: readonly unknown[]): boolean {
    return this.#closure(expressions).done.size === this.#sources.length;
  }

  /** Whether, once the first source's row is given, there is at most one row. */
  get isSingleBehindFirst(): boolean {
    return this.#dependencies.closureOf([], 1).done.size === this.#sources.length;
  }

  /** Whether two rows that agree on all of `expressions` agree on `wanted` too, to the letter. */
  determines(expressions: readonly unknown[], wanted: unknown): boolean {
    const { ids, isOpaque } = this.#mentioned(wanted);
    if (isOpaque) return false;
    const { columns, done } = this.#closure(expressions);
    return ids.every((id) => columns.has(id) && (done.has(sourceOf(id)) || !this.#dependencies.isInexact(id)));
  }

  /** Whether a bare name is a column of these rows; undefined when that cannot be told. */
  hasColumn(expression: unknown): boolean | undefined {
    const { ids, isOpaque } = this.#mentioned(expression);
    return isOpaque ? undefined : ids.length > 0;
  }

  /** The digits behind the point that all values of an expression have, where that is known. */
  scale(expression: unknown): number | undefined {
    const node = nodeOf(expression);
    if (node?.kind === 'TypeCast') return scaleOfType(fieldsOf(node.fields.typeName));
    const [id, ...more] = node?.kind === 'ColumnRef' ? this.#mentioned(expression).ids : [];
    if (id === undefined || more.length > 0) return undefined;
    return this.#sources[sourceOf(id)]?.source.scales.get(nameOf(id));
  }

  /** What makes an expression's equal values look different, where they may: a column mostly. */
  inexactColumn(expression: unknown): string | undefined {
    return inexactIn(expression, {
      column: (ref) => {
        const id = this.#mentioned(ref).ids.find((mentioned) => this.#dependencies.isInexact(mentioned));
        return id === undefined ? undefined : nameOf(id);
      },
      call: (name) => ((this.#names.functions.get(name)?.inexact.size ?? 0) > 0 ? `${name}(…)` : undefined),
      isScaled: (part) => this.scale(part) !== undefined,
      query: (select) => [...this.#read(select, this.#names).inexact][0],
    });
  }

  /** The columns of all sources, or of one, as `*` gives them; undefined when they are not all known. */
  columns(of?: string): readonly { readonly name: string; readonly expression: unknown }[] | undefined {
    const found: { name: string; expression: unknown }[] = [];
    for (const { name, source } of this.#sources) {
      if (of !== undefined && name !== of) continue;
      if (source.columns === undefined) return undefined;
      for (const column of source.columns) found.push({ name: column, expression: columnRef(name, column) });
    }
    return found;
  }

  /** Sets of columns, each of which tells all rows apart: a key of each source, fewer where conditions do the rest. */
  keys(): readonly (readonly unknown[])[] {
    if (this.#sources.length > mostSources) return [];
    let sets: unknown[][] = [[]];
    for (const { name, source } of this.#sources) {
      const choices = [[], ...source.keys.map((key) => key.map((column) => columnRef(name, column)))];
      sets = sets.flatMap((set) => choices.map((key) => [...set, ...key])).slice(0, 64);
    }
    sets.sort((a, b) => a.length - b.length);
    return sets.filter((set) => this.tellsApart(set)).slice(0, 4);
  }

  /** What to put behind ORDER BY, where that is known. */
  suggestion(): string | undefined {
    const [key] = this.keys();
    if (key === undefined || key.length === 0) return undefined;
    const isAlone = this.#sources.length === 1;
    return key
      .map((column) => {
        const names = stringsOf(nodeOf(column)?.fields.fields);
        return isAlone ? names.at(-1) : names.join('.');
      })
      .join(', ');
  }

  #add(item: Node): number[] {
    const { kind, fields } = item;
    if (kind === 'RangeVar') return [this.#push(fields, this.#relation(fields))];
    if (kind === 'RangeSubselect') return [this.#push(fields, this.#read(fieldsOf(fields.subquery), this.#names))];
    if (kind === 'RangeFunction') {
      const call = nodesOf(nodesOf(fields.functions)[0]?.fields.items)[0];
      const name = textOf(fieldsOf(fields.alias).aliasname) ?? stringsOf(call?.fields.funcname).at(-1) ?? '';
      return [this.#addSource(name, functionSource(fields, this.#names.functions))];
    }
    if (kind === 'JoinExpr') return this.#join(fields);
    return [this.#addSource('', unknownRows)];
  }

  #join(fields: Fields): number[] {
    const left = nodesOf([fields.larg]).flatMap((side) => this.#add(side));
    const right = nodesOf([fields.rarg]).flatMap((side) => this.#add(side));
    if (fields.alias !== undefined || fields.join_using_alias !== undefined) this.#hidesNames = true;
    const reach = reachOf(fields.jointype, left, right);
    if (reach === undefined) return [...left, ...right];
    this.#condition(fields.quals, reach);
    const shared = fields.isNatural === true ? this.#shared(left, right) : stringsOf(fields.usingClause);
    for (const name of shared) {
      const from = this.#columnOf(left, name);
      const to = this.#columnOf(right, name);
      if (from === undefined || to === undefined) continue;
      this.#dependencies.imply([from], to, reach);
      this.#dependencies.imply([to], from, reach);
    }
    return [...left, ...right];
  }

  #shared(left: readonly number[], right: readonly number[]): string[] {
    return left
      .flatMap((at) => this.#sources[at]?.source.columns ?? [])
      .filter((name) => this.#columnOf(right, name) !== undefined);
  }

  #columnOf(sources: readonly number[], name: string): ColumnId | undefined {
    const at = sources.find((source) => this.#sources[source]?.source.columns?.includes(name) === true);
    return at === undefined ? undefined : `${at}.${name}`;
  }

  #relation(fields: Fields): RowSource {
    return this.#names.relations.get(textOf(fields.relname) ?? '') ?? unknownRows;
  }

  /** Under its alias, whose column names replace the source's own. */
  #push(fields: Fields, source: RowSource): number {
    const alias = fieldsOf(fields.alias);
    const name = textOf(alias.aliasname) ?? textOf(fields.relname) ?? '';
    return this.#addSource(name, renameColumns(source, stringsOf(alias.colnames)));
  }

  #addSource(name: string, source: RowSource): number {
    this.#sources.push({ name, source });
    return this.#dependencies.addSource(source);
  }

  #condition(condition: unknown, reach: Reach): void {
    const node = nodeOf(condition);
    if (node?.kind === 'BoolExpr' && node.fields.boolop === 'AND_EXPR') {
      for (const part of nodesOf(node.fields.args)) this.#condition(wrapped(part), reach);
    }
    if (node?.kind !== 'A_Expr' || node.fields.kind !== 'AEXPR_OP' || stringsOf(node.fields.name).at(-1) !== '=')
      return;
    const left = nodeOf(node.fields.lexpr);
    const right = nodeOf(node.fields.rexpr);
    if (left?.kind === 'RowExpr' && right?.kind === 'RowExpr') {
      const rights = nodesOf(right.fields.args);
      for (const [at, part] of nodesOf(left.fields.args).entries()) this.#equal(part, rights[at], reach);
    } else this.#equal(left, right, reach);
  }

  #equal(left: Node | undefined, right: Node | undefined, reach: Reach): void {
    for (const [a, b] of [
      [left, right],
      [right, left],
    ]) {
      if (a === undefined || b?.kind !== 'ColumnRef') continue;
      const { ids: from, isOpaque } = this.#mentioned(wrapped(a));
      const { ids } = this.#mentioned(wrapped(b));
      const [to] = ids;
      if (!isOpaque && to !== undefined && ids.length === 1) this.#dependencies.imply(from, to, reach);
    }
  }

  #closure(expressions: readonly unknown[]): Closure {
    const known = this.#closures.get(expressions);
    if (known !== undefined) return known;
    const given = expressions
      .filter((expression) => nodeOf(expression)?.kind === 'ColumnRef')
      .flatMap((column) => this.#mentioned(column).ids);
    const closure = this.#dependencies.closureOf(given, 0);
    this.#closures.set(expressions, closure);
    return closure;
  }

  #mentioned(tree: unknown): Mentioned {
    const ids: ColumnId[] = [];
    let isOpaque = false;
    const walk = (value: unknown): void => {
      if (Array.isArray(value)) for (const item of value) walk(item);
      if (!isFields(value)) return;
      const node = nodeOf(value);
      if (node?.kind === 'ColumnRef') {
        const found = this.#resolve(node.fields);
        if (found === undefined) isOpaque = true;
        else ids.push(...found);
      } else for (const member of Object.values(value)) walk(member);
    };
    walk(tree);
    return { ids, isOpaque };
  }

  /** The columns that a name means; none for a variable or a column from outside; undefined when that cannot be told. */
  #resolve(ref: Fields): ColumnId[] | undefined {
    const names = stringsOf(ref.fields);
    const isStar = nodesOf(ref.fields).at(-1)?.kind === 'A_Star';
    const outside = this.#hidesNames ? undefined : [];
    const whole = (at: number): ColumnId[] | undefined =>
      this.#sources[at]?.source.columns?.map((name) => `${at}.${name}`);
    if (isStar && names.length === 0) {
      const all = this.#sources.map((_, at) => whole(at));
      return all.includes(undefined) ? undefined : all.flatMap((ids) => ids ?? []);
    }
    const [first = '', second] = names.slice(-2);
    if (!isStar && second === undefined) {
      const id = this.#columnOf([...this.#sources.keys()], first);
      if (id !== undefined) return [id];
    }
    const at = this.#sources.findIndex(({ name }) => name === first);
    if (at < 0) {
      const mayBeColumn = second === undefined && this.#sources.some(({ source }) => source.columns === undefined);
      return mayBeColumn ? undefined : outside;
    }
    if (isStar || second === undefined) return whole(at);
    const columns = this.#sources[at]?.source.columns;
    if (columns === undefined) return undefined;
    return columns.includes(second) ? [`${at}.${second}`] : outside;
  }
}

/** What a join's condition says something of; undefined: nothing, for a FULL JOIN. */
function reachOf(type: unknown, left: readonly number[], right: readonly number[]): Reach | undefined {
  if (type === 'JOIN_FULL') return undefined;
  if (type === 'JOIN_LEFT') return { needs: left, targets: right };
  if (type === 'JOIN_RIGHT') return { needs: right, targets: left };
  return { needs: [], targets: undefined };
}

function wrapped({ kind, fields }: Node): unknown {
  return { [kind]: fields };
}

/** The parser's node for `source.column`. */
function columnRef(source: string, column: string): unknown {
  const names = source === '' ? [column] : [source, column];
  return { ColumnRef: { fields: names.map((name) => ({ String: { sval: name } })) } };
}
