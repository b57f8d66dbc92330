/**
 * Reads a source statement by statement: checks each against the gate's rules, and gathers what the contract defines. Also
 * reads migrations, whose statements stand on what the contract in force has.
 */
import type { TableSchema } from '../state/schema.ts';
import { CallRecord } from './call-record.ts';
import { checkRelation, checkTree, type ExpressionPlace } from './expression-rules.ts';
import { Findings } from './findings.ts';
import { type FunctionBody, functionName, readFunction } from './function-rules.ts';
import { readMigrationStatement } from './migration-rules.ts';
import { checkOrder } from './order-rules.ts';
import type {
  ContractStatement,
  ContractTable,
  DomainType,
  EnumType,
  FunctionSignature,
  ParsedContract,
} from './parsed-contract.ts';
import { beginOf, type ParsedStatement, ParseFailure, parseStatements } from './parser.ts';
import { withCounts } from './recursion.ts';
import { namesOf, noNames } from './source-names.ts';
import { type Fields, fieldsOf, type Node, nodeOf, placeOf, stringsOf, textOf } from './syntax-tree.ts';
import { checkDomain, checkIndex, checkName, readTable } from './table-rules.ts';
import { isBuiltIn, typeText } from './type-rules.ts';

const deployable = 'CREATE TABLE, INDEX, VIEW, TYPE … AS ENUM, DOMAIN, FUNCTION, or COMMENT';

/** What a source is read as: a contract, or a migration of the contract that is in force. */
export interface SourceKind {
  /** The contract in force, for a migration: what its statements may name. */
  readonly migrates?: ParsedContract;
}

export class SourceReader {
  readonly #source: string;
  readonly #bytes: Buffer;
  readonly #findings: Findings;
  readonly #tables = new Map<string, ContractTable>();
  readonly #functions = new Map<string, FunctionSignature>();
  readonly #enums = new Map<string, EnumType>();
  readonly #domains = new Map<string, DomainType>();
  readonly #views = new Set<string>();
  readonly #indexes = new Map<string, string[]>();
  readonly #statements: ContractStatement[] = [];
  readonly #bodies = new Map<string, FunctionBody>();
  readonly #place: ExpressionPlace;
  readonly #migrates: ParsedContract | undefined;
  /** Whether every statement has a meaning here, allowed or not: the engine must never run what no manifest tells of. */
  isReadable = true;

  constructor(source: string, findings: Findings, { migrates }: SourceKind = {}) {
    this.#source = source;
    this.#migrates = migrates;
    this.#bytes = Buffer.from(source, 'utf8');
    this.#findings = findings;
    this.#place = {
      findings,
      known: { enums: new Map(), domains: new Map(), relations: new Set() },
      functions: new Set(),
      names: noNames,
      calls: new CallRecord(),
      locate: (at) => at,
      where: 'body',
    };
    for (const table of migrates?.tables ?? []) this.#tables.set(table.name, table);
    for (const signature of migrates?.functions ?? []) this.#functions.set(signature.name, signature);
    for (const type of migrates?.types ?? []) this.#enums.set(type.name, type);
    for (const domain of migrates?.domains ?? []) this.#domains.set(domain.name, domain);
    for (const view of migrates?.views ?? []) this.#views.add(view);
    if (migrates !== undefined) this.#place.calls.learn(callsOf(migrates, this.#place));
  }

  /** What the functions call, as far as the source has been read. */
  get calls(): CallRecord {
    return this.#place.calls;
  }

  read(): ParsedContract {
    let statements: ParsedStatement[] = [];
    try {
      statements = parseStatements(this.#source);
    } catch (error) {
      if (!(error instanceof ParseFailure)) throw error;
      this.#findings.unparsed(error.at, error);
    }
    if (statements.length === 0 && this.#findings.isEmpty && this.#migrates === undefined)
      this.#findings.refuse(0, 'the source defines nothing', deployable);
    const functions = new Set([
      ...this.#functions.keys(),
      ...statements.flatMap(({ tree }) => {
        const node = nodeOf(tree);
        return node?.kind === 'CreateFunctionStmt' ? [functionName(node.fields)] : [];
      }),
    ]);
    const names = namesOf(
      statements.map(({ tree }) => tree),
      this.#migrates,
    );
    for (const statement of statements) this.#statement(statement, { ...this.#currentPlace(), functions, names });
    this.#place.calls.judge(this.#findings);
    return {
      tables: [...this.#tables.values()].map((table) => ({ name: table.name, schema: this.#withIndexes(table) })),
      functions: [...this.#functions.values()],
      types: [...this.#enums.values()],
      domains: [...this.#domains.values()],
      views: [...this.#views],
      statements: this.#findings.isParsed
        ? withCounts(this.#statements, this.#bodies, this.#migrates !== undefined)
        : this.#statements,
    };
  }

  #withIndexes({ name, schema }: ContractTable): TableSchema {
    return { ...schema, indexes: this.#indexes.get(name) ?? [] };
  }

  #currentPlace(): ExpressionPlace {
    return {
      ...this.#place,
      known: {
        enums: new Map([...this.#enums.values()].map((type) => [type.name, type.labels])),
        domains: new Map([...this.#domains.values()].map((type) => [type.name, type.type])),
        relations: new Set([...this.#tables.keys(), ...this.#views]),
      },
    };
  }

  #statement(statement: ParsedStatement, place: ExpressionPlace): void {
    const node = nodeOf(statement.tree);
    if (node === undefined) return;
    const at = beginOf(statement, this.#bytes);
    const text = this.#bytes.toString('utf8', at, statement.to).trimEnd();
    const add = (kind: ContractStatement['kind'], name: string, ready = text): void => {
      this.#statements.push({ kind, name, text: ready, line: this.#findings.lineOf(at) });
    };
    const { fields } = node;
    if (node.kind === 'CreateStmt') this.#table(fields, statement, place, add);
    else if (node.kind === 'IndexStmt') this.#index(fields, text, place, add);
    else if (node.kind === 'ViewStmt') this.#view(fields, at, place, add);
    else if (node.kind === 'CreateEnumStmt') this.#enum(fields, at, add);
    else if (node.kind === 'CreateDomainStmt') this.#domain(fields, at, place, add);
    else if (node.kind === 'CreateFunctionStmt') this.#function(fields, at, statement, place, add);
    else if (node.kind === 'CommentStmt') this.#comment(fields, at, add);
    else if (!this.#migration(node, at, place, add)) this.#refuseStatement(node, at);
  }

  /** A statement that only a migration may have. */
  #migration(node: Node, at: number, place: ExpressionPlace, add: Add): boolean {
    const read = this.#migrates === undefined ? undefined : readMigrationStatement(node, at, place);
    if (read === undefined) return false;
    for (const { from, to } of read.renamings) {
      const table = this.#tables.get(from);
      for (const names of [this.#tables, this.#functions, this.#enums, this.#domains, this.#views]) names.delete(from);
      if (table !== undefined && to !== undefined) this.#tables.set(to, { ...table, name: to });
    }
    add(read.kind, read.name);
    return true;
  }

  #table(fields: Fields, statement: ParsedStatement, place: ExpressionPlace, add: Add): void {
    const relation = fieldsOf(fields.relation);
    const name = textOf(relation.relname) ?? '';
    this.#unique(name, placeOf(relation));
    // A foreign key or a CHECK may name the table itself.
    const schema = readTable(fields, statement, this.#bytes, place);
    if (schema === undefined) this.isReadable = false;
    else this.#tables.set(name, { name, schema });
    add('table', name);
  }

  #index(fields: Fields, text: string, place: ExpressionPlace, add: Add): void {
    checkIndex(fields, place);
    const relation = fieldsOf(fields.relation);
    const table = textOf(relation.relname) ?? '';
    if (!this.#tables.has(table))
      this.#findings.refuse(placeOf(relation), `there is no table ${table} in the contract`, 'CREATE TABLE before it');
    this.#indexes.set(table, [...(this.#indexes.get(table) ?? []), text]);
    add('index', textOf(fields.idxname) ?? table);
  }

  #view(fields: Fields, at: number, place: ExpressionPlace, add: Add): void {
    const view = fieldsOf(fields.view);
    const name = textOf(view.relname) ?? '';
    checkRelation(view, place);
    this.#unique(name, placeOf(view));
    if (view.relpersistence !== 'p') this.#findings.refuse(at, 'TEMPORARY views are not allowed', 'CREATE VIEW');
    if (fields.options !== undefined || fields.withCheckOption !== 'NO_CHECK_OPTION')
      this.#findings.refuse(at, 'options of a view are not allowed', 'CREATE VIEW … AS SELECT …');
    checkTree(fields.query, place);
    // Where it is joined, it is worked out as often as the plan has it.
    checkOrder(fields.query, place, 0, 'row');
    this.#views.add(name);
    add('view', name);
  }

  #enum(fields: Fields, at: number, add: Add): void {
    const name = this.#typeName(stringsOf(fields.typeName), at);
    this.#enums.set(name, { name, labels: stringsOf(fields.vals) });
    add('enum', name);
  }

  #domain(fields: Fields, at: number, place: ExpressionPlace, add: Add): void {
    const name = this.#typeName(stringsOf(fields.domainname), at);
    const type = checkDomain(fields, place);
    if (type !== undefined && this.#domains.has(type.name))
      this.#findings.refuse(type.at, 'a domain over a domain is not allowed', 'the type that it rests on');
    this.#domains.set(name, { name, type: type === undefined ? 'text' : typeText(type) });
    add('domain', name);
  }

  #function(fields: Fields, at: number, statement: ParsedStatement, place: ExpressionPlace, add: Add): void {
    const name = functionName(fields);
    if (this.#functions.has(name))
      this.#findings.refuse(at, `there are two functions ${name}: overloads are not allowed`, 'another name');
    const { signature, text, body } = readFunction(fields, { ...statement, from: at }, this.#bytes, place);
    if (body !== undefined) this.#bodies.set(name, body);
    this.#functions.set(name, signature);
    add('function', name, text);
  }

  #comment(fields: Fields, at: number, add: Add): void {
    const allowed = [
      'OBJECT_TABLE',
      'OBJECT_COLUMN',
      'OBJECT_VIEW',
      'OBJECT_INDEX',
      'OBJECT_FUNCTION',
      'OBJECT_TYPE',
      'OBJECT_DOMAIN',
      'OBJECT_TABCONSTRAINT',
    ];
    if (!allowed.includes(textOf(fields.objtype) ?? ''))
      this.#findings.refuse(
        at,
        'a comment on this is not allowed',
        'COMMENT ON TABLE, COLUMN, VIEW, INDEX, FUNCTION, TYPE, DOMAIN',
      );
    add('comment', '');
  }

  #refuseStatement(node: Node, at: number): void {
    this.isReadable = false;
    const words =
      /^\s*((?:(?:CREATE|ALTER|DROP|SET|RESET|INSERT|DELETE|REFRESH|SECURITY|START|LOCK)\s+)?\w+)/i
        .exec(this.#bytes.toString('utf8', at, at + 80))?.[1]
        ?.replace(/\s+/g, ' ')
        .toUpperCase() ?? node.kind;
    const where = this.#migrates === undefined ? 'contract' : 'migration';
    const isRun = ['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'DoStmt', 'SelectStmt', 'CallStmt'].includes(
      node.kind,
    );
    const instead = isRun && where === 'contract' ? 'a function that is called once after deploying' : deployable;
    this.#findings.refuse(at, `${words} is not allowed in a ${where}`, instead);
  }

  #typeName(names: readonly string[], at: number): string {
    const name = names.at(-1) ?? '';
    checkName(name, 'type', at, this.#place);
    if (names.length > 1) this.#findings.refuse(at, `${names.join('.')} is outside the contract`, name);
    if (isBuiltIn(name)) this.#findings.refuse(at, `${name} is a type of PostgreSQL`, 'another name');
    this.#unique(name, at);
    return name;
  }

  /** Tables, views and types share one space of names: each is a type too. */
  #unique(name: string, at: number): void {
    if (this.#tables.has(name) || this.#views.has(name) || this.#enums.has(name) || this.#domains.has(name)) {
      this.#findings.refuse(at, `${name} is defined twice`, 'another name');
    }
  }
}

/** What the functions of a contract that is in force do: a migration may call them. */
function callsOf(contract: ParsedContract, around: ExpressionPlace): CallRecord {
  const calls = new CallRecord();
  const functions = contract.statements
    .filter(({ kind }) => kind === 'function')
    .flatMap(({ text }) => parseStatements(text).map((statement) => ({ text, statement })));
  const place: ExpressionPlace = {
    ...around,
    // They were judged when they were deployed.
    findings: new Findings(''),
    calls,
    functions: new Set(contract.functions.map(({ name }) => name)),
    names: namesOf(
      functions.map(({ statement }) => statement.tree),
      contract,
    ),
  };
  for (const { text, statement } of functions) {
    const node = nodeOf(statement.tree);
    if (node !== undefined) readFunction(node.fields, statement, Buffer.from(text), place);
  }
  return calls;
}

type Add = (kind: ContractStatement['kind'], name: string, ready?: string) => void;
