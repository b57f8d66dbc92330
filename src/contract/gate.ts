/**
 * The gate: what a contract's source may say. It reads with PostgreSQL's own parser and knows neither engine nor repository,
 * so `contract check` needs neither. What it lets through is run by the sandbox as if it had not been read.
 */
import { AergoError } from '../errors.ts';
import type { CallRecord } from './call-record.ts';
import { type Finding, Findings } from './findings.ts';
import type { ParsedContract, ParsedMigration } from './parsed-contract.ts';
import { loadParser } from './parser.ts';
import { type SourceKind, SourceReader } from './source-reader.ts';

export type { Finding } from './findings.ts';
export type * from './parsed-contract.ts';

/** Bytes of a source at most: as many as a transaction may have. */
const maxSource_bytes = 1_048_576;

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
 * @throws AergoError AERGO_CONTRACT_REFUSED, with all findings in its details
 */
export async function acceptContract(source: string): Promise<ParsedContract> {
  const { findings, contract } = await checkContract(source);
  if (contract === undefined) throw refused(findings);
  return contract;
}

const read = new Map<string, ParsedContract>();

/**
 * A source that is deployed already: read, but not judged anew, as the gate may have become stricter since.
 * @throws AergoError AERGO_CONTRACT_REFUSED when it cannot be read at all
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
 * @throws AergoError AERGO_CONTRACT_REFUSED, with all findings in its details
 */
export async function acceptMigration(source: string, before: ParsedContract): Promise<void> {
  const { findings, contract } = await readSource(source, { migrates: before });
  if (contract === undefined || !findings.isEmpty) throw refused(findings.list(), 'migration');
}

/**
 * The statements of a migration, not judged anew.
 * @throws AergoError AERGO_CONTRACT_REFUSED when it cannot be read at all
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
  if (Buffer.byteLength(source) > maxSource_bytes) {
    findings.syntax(0, `the source has more than ${maxSource_bytes} bytes`);
  } else if (!source.isWellFormed() || source.includes('\0')) {
    findings.syntax(0, 'the source is no text: it has a lone surrogate or a NUL');
  } else {
    try {
      const reader = new SourceReader(source, findings, kind);
      const contract = reader.read();
      const isText = !findings.list().some((finding) => finding.code === 'AERGO_CONTRACT_SYNTAX');
      if (isText && reader.isReadable) return { findings, contract, calls: reader.calls };
    } catch (error) {
      // Our own walk over a tree is as deep as the tree.
      if (!(error instanceof RangeError)) throw error;
      findings.syntax(0, 'it is nested too deeply');
    }
  }
  return { findings };
}

function refused(findings: readonly Finding[], what: 'contract' | 'migration' = 'contract'): AergoError {
  const [first] = findings;
  const place = first === undefined ? '' : `line ${first.line}, column ${first.column}: ${first.message}`;
  return new AergoError('AERGO_CONTRACT_REFUSED', `the ${what} was refused: ${place}`, {
    ...(first?.instead === undefined ? {} : { hint: `instead: ${first.instead}` }),
    details: { findings },
  });
}
