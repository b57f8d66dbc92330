/**
 * What two versions of a contract define differently: tables with their columns, functions with their signatures, and the
 * rest by name. Compared as their authors wrote them.
 */
import type { ColumnSchema } from '../state/schema.ts';
import type { ContractStatement, FunctionSignature, ParsedContract, StatementKind } from './parsed-contract.ts';

export interface DefinitionDifference {
  readonly kind: StatementKind;
  /** Inside the contract. */
  readonly name: string;
  readonly change: 'added' | 'changed' | 'removed';
  /** Of a function: `transfer(sender text, recipient text) → text`; of a domain its type, of an enum its labels. */
  readonly before?: string;
  readonly after?: string;
  /** Of a table that changed. */
  readonly columns?: readonly ColumnDifference[];
}

export interface ColumnDifference {
  readonly name: string;
  readonly before?: string;
  readonly after?: string;
}

/** In the order of the new source; what is gone comes last. @param before undefined: everything is new */
export function differenceOfDefinitions(
  before: ParsedContract | undefined,
  after: ParsedContract,
): DefinitionDifference[] {
  const old = byName(before?.statements ?? []);
  const made = byName(after.statements);
  const differences: DefinitionDifference[] = [];
  for (const [id, statement] of made) {
    const was = old.get(id);
    if (was?.text === statement.text) continue;
    differences.push(describe(statement, was === undefined ? 'added' : 'changed', before, after));
  }
  for (const [id, statement] of old) {
    if (!made.has(id)) differences.push(describe(statement, 'removed', before, after));
  }
  return differences;
}

/** Statements under kind and name; comments change nothing that anybody calls or reads. */
function byName(statements: readonly ContractStatement[]): Map<string, ContractStatement> {
  return new Map(
    statements
      .filter(({ kind }) => kind !== 'comment')
      .map((statement) => [`${statement.kind} ${statement.name}`, statement]),
  );
}

function describe(
  { kind, name }: ContractStatement,
  change: DefinitionDifference['change'],
  before: ParsedContract | undefined,
  after: ParsedContract,
): DefinitionDifference {
  const was = change === 'added' ? undefined : summary(kind, name, before);
  const is = change === 'removed' ? undefined : summary(kind, name, after);
  return {
    kind,
    name,
    change,
    ...(was === undefined ? {} : { before: was }),
    ...(is === undefined ? {} : { after: is }),
    ...(kind === 'table' && change === 'changed'
      ? { columns: differenceOfColumns(columnsOf(name, before), columnsOf(name, after)) }
      : {}),
  };
}

function summary(kind: StatementKind, name: string, contract: ParsedContract | undefined): string | undefined {
  const named = <One extends { readonly name: string }>(list: readonly One[] | undefined): One | undefined =>
    list?.find((one) => one.name === name);
  if (kind === 'function') {
    const signature = named(contract?.functions);
    return signature && signatureText(signature);
  }
  if (kind === 'enum') return named(contract?.types)?.labels.join(', ');
  if (kind === 'domain') return named(contract?.domains)?.type;
  return undefined;
}

/** `transfer(sender text, recipient text, amount numeric(15,2)) → text` */
export function signatureText({ name, arguments: parameters, returns }: FunctionSignature): string {
  return `${name}(${parameters.map((parameter) => `${parameter.name} ${parameter.type}`).join(', ')}) → ${returns}`;
}

function columnsOf(table: string, contract: ParsedContract | undefined): readonly ColumnSchema[] {
  return contract?.tables.find(({ name }) => name === table)?.schema.columns ?? [];
}

function differenceOfColumns(before: readonly ColumnSchema[], after: readonly ColumnSchema[]): ColumnDifference[] {
  const was = new Map(before.map((column) => [column.name, columnText(column)]));
  const is = new Map(after.map((column) => [column.name, columnText(column)]));
  return [...new Set([...is.keys(), ...was.keys()])].flatMap((name) => {
    const [old, made] = [was.get(name), is.get(name)];
    if (old === made) return [];
    return [{ name, ...(old === undefined ? {} : { before: old }), ...(made === undefined ? {} : { after: made }) }];
  });
}

/** `numeric(15,2) NOT NULL` */
function columnText({ type, modifier, notNull, default: hasDefault, generated }: ColumnSchema): string {
  return [
    modifier === undefined ? type : `${type}(${modifier})`,
    ...(notNull === true ? ['NOT NULL'] : []),
    ...(hasDefault === true ? ['DEFAULT'] : []),
    ...(generated === true ? ['GENERATED'] : []),
  ].join(' ');
}
