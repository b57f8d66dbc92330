/**
 * The gate: what a contract's source may say. It reads with PostgreSQL's own parser and knows neither engine nor repository,
 * so `contract check` needs neither. What it lets through is run by the sandbox as if it had not been read.
 */
import { AergoError } from '../errors.ts';
import type { CallRecord } from './call-record.ts';
import { type Finding, Findings } from './findings.ts';
import type { ParsedContract, ParsedMigration } from './parsed-contract.ts';
import { loadParser } from './parser.ts';
import { engineLimits } from './settings.ts';
import { type SourceKind, SourceReader } from './source-reader.ts';

export type { Finding } from './findings.ts';
export type * from './parsed-contract.ts';

export interface GateReport {
  /** In the order of the source; empty when it may be deployed. */
  readonly findings: readonly Finding[];
  /** There when there are no findings. */
  readonly contract?: ParsedContract;
}

/** Checks a source. Never throws for what stands in it. */
export async function checkContract(source: string): Promise<GateReport> {
  const { findings, contract } = await readSource(source);
  return contract !== undefined && findings.isEmpty ? { findings: [], contract } : { findings: findings.list() };
}

/**
 * A source that is to be deployed.
 * @throws AergoError AERGO_CONTRACT_REFUSED or AERGO_CONTRACT_LIMIT, with all findings in its details
 */
export async function acceptContract(source: string): Promise<ParsedContract> {
  const { findings, contract } = await checkContract(source);
  if (contract === undefined) throw refused(findings);
  return contract;
}

const read = new Map<string, ParsedContract>();

/**
 * A source that is deployed already: read, but not judged anew, as the gate may have become stricter since.
 * @throws AergoError AERGO_CONTRACT_REFUSED when it cannot be read at all, AERGO_CONTRACT_LIMIT
 */
export async function contractOf(source: string): Promise<ParsedContract> {
  const known = read.get(source);
  if (known !== undefined) return known;
  const { findings, contract } = await readSource(source);
  if (contract === undefined) throw refused(findings.list());
  if (read.size >= 64) read.clear();
  read.set(source, contract);
  return contract;
}

/**
 * Judges a migration of the contract `before`, which is in force.
 * @throws AergoError AERGO_CONTRACT_REFUSED or AERGO_CONTRACT_LIMIT, with all findings in its details
 */
export async function acceptMigration(source: string, before: ParsedContract): Promise<void> {
  const { findings, contract } = await readSource(source, { migrates: before });
  if (contract === undefined || !findings.isEmpty) throw refused(findings.list(), 'migration');
}

/**
 * The statements of a migration, not judged anew.
 * @throws AergoError AERGO_CONTRACT_REFUSED when it cannot be read at all, AERGO_CONTRACT_LIMIT
 */
export async function migrationOf(source: string, before: ParsedContract): Promise<ParsedMigration> {
  const { findings, contract } = await readSource(source, { migrates: before });
  if (contract === undefined) throw refused(findings.list(), 'migration');
  return { statements: contract.statements };
}

/** The public functions of other contracts that a function of a deployed source calls, also by way of its own contract's. */
export async function callsOutOf(source: string, name: string): Promise<string[]> {
  return (await readSource(source)).calls?.callsOut(name) ?? [];
}

async function readSource(
  source: string,
  kind: SourceKind = {},
): Promise<{ findings: Findings; contract?: ParsedContract; calls?: CallRecord }> {
  await loadParser();
  const findings = new Findings(source);
  if (Buffer.byteLength(source) > engineLimits.source_bytes) {
    const [size, limit] = [Buffer.byteLength(source), engineLimits.source_bytes].map((bytes) =>
      bytes.toLocaleString('en'),
    );
    findings.limit(0, `the source has ${size} bytes, of ${limit} that it may have`);
  } else if (!source.isWellFormed() || source.includes('\0')) {
    findings.syntax(0, 'the source is no text: it has a lone surrogate or a NUL');
  } else {
    const reader = new SourceReader(source, findings, kind);
    const contract = reader.read();
    if (findings.isParsed && reader.isReadable) return { findings, contract, calls: reader.calls };
  }
  return { findings };
}

/** With a limit among the findings it is that: the same wherever the source is read, now and later. */
function refused(findings: readonly Finding[], what: 'contract' | 'migration' = 'contract'): AergoError {
  const limit = findings.find((finding) => finding.code === 'AERGO_CONTRACT_LIMIT');
  const shown = limit ?? findings[0];
  const place = shown === undefined ? '' : `line ${shown.line}, column ${shown.column}: ${shown.message}`;
  const others = findings.length - 1;
  const more = others > 0 ? `${others} more: aergo contract check FILE shows all` : undefined;
  const instead = shown?.instead === undefined ? undefined : `instead: ${shown.instead}`;
  const hint = [instead, what === 'contract' ? more : undefined].filter((part) => part !== undefined).join('; ');
  const message = `the ${what} ${limit === undefined ? 'was refused' : 'went over a limit'}: ${place}`;
  return new AergoError(limit === undefined ? 'AERGO_CONTRACT_REFUSED' : 'AERGO_CONTRACT_LIMIT', message, {
    ...(hint === '' ? {} : { hint }),
    details: { findings },
  });
}

/** The first limit that a source goes over, when that is what an error of this file says. */
export function limitIn(error: unknown): Finding | undefined {
  if (!(error instanceof AergoError) || error.code !== 'AERGO_CONTRACT_LIMIT') return undefined;
  const { findings } = error.details as { findings?: readonly Finding[] };
  return findings?.find((finding) => finding.code === error.code);
}
