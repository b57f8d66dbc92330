/** Contracts in one line, and in full. */
import { signatureText } from '../../contract/definition-difference.ts';
import type { ContractInfo } from '../face.ts';
import { aligned } from './columns.ts';

/** What a contract has, by name. */
export interface ContractNames {
  readonly name: string;
  readonly tables: readonly string[];
  readonly views: readonly string[];
  readonly functions: readonly { readonly name: string }[];
}

/** `bank: table accounts; open_account, transfer, pay` */
export function contractLine(contract: ContractNames): string {
  const parts = [
    listed(
      'table',
      contract.tables.map((table) => withoutContract(table, contract.name)),
    ),
    listed('view', contract.views),
    contract.functions
      .map(({ name }) => name)
      .filter((name) => !name.startsWith('_'))
      .join(', '),
  ];
  return `${contract.name}: ${parts.filter((part) => part !== '').join('; ')}`;
}

function listed(what: string, names: readonly string[]): string {
  return names.length === 0 ? '' : `${what}${names.length === 1 ? '' : 's'} ${names.join(', ')}`;
}

function withoutContract(table: string, contract: string): string {
  return table.startsWith(`${contract}.`) ? table.slice(contract.length + 1) : table;
}

export function contractDetails(contract: ContractInfo): string[] {
  const rows = [
    ['contract', contract.name],
    ['author', contract.author],
    ['deployed', contract.deploy],
    ['source', contract.source],
    ...contract.tables.map((table) => ['table', withoutContract(table, contract.name)]),
    ...contract.views.map((view) => ['view', view]),
    ...contract.types.map(({ name, labels }) => ['type', `${name} (${labels.join(', ')})`]),
    ...contract.domains.map(({ name, type }) => ['domain', `${name} ${type}`]),
    ...contract.functions.map((signature) => ['function', signatureText(signature)]),
  ];
  return aligned(rows);
}

/** What the gate found: `bank.sql:3:14: …`, and below it what to write instead. */
export function findingLines(file: string, findings: readonly Finding[]): string[] {
  return findings.flatMap(({ line, column, message, instead }) => [
    `${file}:${line}:${column}: ${message}`,
    ...(instead === undefined ? [] : [`  instead: ${instead}`]),
  ]);
}

interface Finding {
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly instead?: string;
}
