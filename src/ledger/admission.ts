/**
 * What is decided of a transaction before it runs: whether this block may hold it, and whether what it names is there.
 * The same checks for a submission, a merge and a verification; they read the working state and the history, nothing else.
 */
import { checkArguments } from '../contract/arguments.ts';
import type { FunctionSignature } from '../contract/parsed-contract.ts';
import { AergoError } from '../errors.ts';
import { encodeTableSchema, type TableSchema } from '../state/schema.ts';
import { mayAuthor, type Rights } from './authority.ts';
import type { BlockId } from './block.ts';
import { beforeTheCut, historyCut } from './cut.ts';
import type { History } from './history.ts';
import { type Refusal, refusal, snapshotConflict } from './refusal.ts';
import type { CallTransaction, DeployTransaction, ImportTransaction, SignedTransaction } from './transaction.ts';
import type { ContractInForce, WorkingState } from './working-state.ts';

/** The block that is being made, as far as transactions are judged by it. */
export interface BlockPlace {
  readonly kind: 'block' | 'merge';
  /** `branch:start` */
  readonly bound: string;
  readonly height: number;
  /** ms */
  readonly time: number;
  readonly parents: readonly BlockId[];
}

/** A transaction that is to run, and for a merge what it ran against where it had taken effect. */
export interface Candidate {
  readonly signed: SignedTransaction;
  /** It had taken effect before: its branch, its time and what its author may were judged then. */
  readonly past?: boolean;
  /** Its outcome is told, and what it did is taken back: a call, in a probe. */
  readonly onTrial?: boolean;
  /** A merge on this branch did not take it: it may run here although it was signed for another branch. */
  readonly leftBehind?: boolean;
  readonly there?: {
    readonly contract: ContractInForce | undefined;
    readonly result: string | null;
    /** Of an import: the table as it was. */
    readonly schema?: TableSchema | undefined;
  };
}

export interface AdmissionContext {
  readonly place: BlockPlace;
  readonly history: History;
  readonly rights: Rights;
  readonly state: WorkingState;
}

/** The refusal of a candidate that cannot run here, in the order in which receipts name causes. */
export function refusedBeforeRun(candidate: Candidate, context: AdmissionContext): Refusal | undefined {
  const { transaction } = candidate.signed;
  return (
    refusedByAuthor(candidate, context) ??
    refusedByBranch(candidate, context) ??
    refusedByTime(candidate, context) ??
    refusedByBase(transaction.base, context) ??
    refusedByKind(candidate, context)
  );
}

function refusedByKind(candidate: Candidate, context: AdmissionContext): Refusal | undefined {
  const { transaction } = candidate.signed;
  switch (transaction.kind) {
    case 'call':
      return refusedCall(transaction, candidate, context);
    case 'deploy':
      return refusedDeploy(transaction, candidate, context);
    case 'import':
      return refusedImport(transaction, candidate, context);
    case 'revert':
      // What it restores is known when it runs.
      return undefined;
    case 'resolve':
      return refusal('not-for-merge', {
        code: 'AERGO_TRANSACTION_WRONG_BRANCH',
        message: 'the choices of a merge stand in the block of that merge alone',
      });
  }
}

/** Who may not write may not have written: also where a merge takes it over, by the directory in force there. */
function refusedByAuthor({ signed, past }: Candidate, { place, rights }: AdmissionContext): Refusal | undefined {
  const { transaction } = signed;
  const branch = place.bound.slice(0, place.bound.lastIndexOf(':'));
  if (past === true || mayAuthor(rights, transaction, branch)) return undefined;
  const { author } = transaction;
  return refusal('author-not-allowed', {
    code: 'AERGO_AUTHOR_NOT_ALLOWED',
    message: `${author} may not write here`,
    hint: `an admin can let that key: aergo member add NAME ${author} --role write`,
    details: { author },
  });
}

function refusedByTime({ signed, past }: Candidate, { place }: AdmissionContext): Refusal | undefined {
  const { expires } = signed.transaction;
  return expires === undefined || past === true || expires >= place.time ? undefined : expired(expires);
}

const expired = (expires: number): Refusal =>
  refusal('expired', {
    code: 'AERGO_TRANSACTION_EXPIRED',
    message: `the transaction was valid until ${new Date(expires).toISOString()}`,
    hint: 'sign it anew with a later time',
  });

/** A transaction runs on the branch that it was signed for, in merges of it, and where such a merge did not take it. */
function refusedByBranch({ signed, past, leftBehind }: Candidate, { place }: AdmissionContext): Refusal | undefined {
  const { branch, merge } = signed.transaction;
  if (branch === place.bound || past === true) return undefined;
  if (merge === false) {
    return refusal('not-for-merge', {
      code: 'AERGO_TRANSACTION_WRONG_BRANCH',
      message: `the transaction was signed for ${branch} alone`,
    });
  }
  if (place.kind === 'merge' || leftBehind === true) return undefined;
  return refusal('not-for-merge', {
    code: 'AERGO_TRANSACTION_WRONG_BRANCH',
    message: `the transaction was signed for ${branch}, this is ${place.bound}`,
    hint: 'merge that branch, or sign the transaction for this one',
  });
}

/** The candidate for an ordinary block on `parent`: whether a merge on the same branch left it behind is looked up. */
export async function ordinaryCandidate(
  history: History,
  signed: SignedTransaction,
  bound: string,
  parent: BlockId,
): Promise<Candidate> {
  if (signed.transaction.branch === bound) return { signed };
  const occurrences = await history.occurrences(signed.id);
  const leftBehind = occurrences.some(
    ({ block, status }) =>
      status !== 'applied' && history.record(block).bound === bound && history.isOnChainHere(block, parent),
  );
  if (!leftBehind && history.isCut)
    throw historyCut(
      `whether a merge before this copy begins dropped transaction ${signed.id.slice(0, 7)} cannot be told`,
      {
        transaction: signed.id,
      },
    );
  return { signed, leftBehind };
}

/** `base` must be in the history of the block's parents. */
function refusedByBase(base: BlockId | undefined, { place, history }: AdmissionContext): Refusal | undefined {
  if (base === undefined) return undefined;
  if (history.isCut && !history.has(base)) throw beforeTheCut(base);
  const inHistory = history.has(base) && place.parents.some((parent) => history.isAncestor(base, parent));
  return inHistory ? undefined : snapshotConflict();
}

function refusedCall(call: CallTransaction, candidate: Candidate, { state }: AdmissionContext): Refusal | undefined {
  const contract = state.contract(call.contract);
  if (contract === undefined) return unknownContract(call.contract);
  const signature = findFunction(contract, call.function);
  if (signature === undefined) return unknownFunction(call, contract);
  const changed =
    candidate.there === undefined ? undefined : changedSince(candidate.there.contract, contract, call.function);
  if (changed !== undefined) return changed;
  try {
    checkArguments(signature, call.args);
    return undefined;
  } catch (error) {
    // Arguments that fitted where the call was signed do not fit the types that are in force here.
    if (error instanceof AergoError) return { code: 'contract-changed', facts: {}, error };
    throw error;
  }
}

const findFunction = (contract: ContractInForce, name: string): FunctionSignature | undefined =>
  contract.manifest.functions.find((one) => one.name === name);

/** The function's argument types differ from those where the call took effect, or the contract is another one. */
function changedSince(there: ContractInForce | undefined, here: ContractInForce, name: string): Refusal | undefined {
  const types = (contract: ContractInForce | undefined) =>
    contract === undefined
      ? undefined
      : findFunction(contract, name)
          ?.arguments.map((argument) => argument.type)
          .join(', ');
  if (there?.manifest.deploy === here.manifest.deploy && types(there) === types(here)) return undefined;
  return refusal('contract-changed', {
    code: 'AERGO_CONTRACT_CHANGED',
    message: `${name}(${types(there) ?? ''}) is another function here: ${name}(${types(here) ?? ''})`,
  });
}

function unknownContract(name: string): Refusal {
  return refusal('contract-changed', {
    code: 'AERGO_CONTRACT_UNKNOWN',
    message: `there is no contract ${name}`,
    hint: 'aergo contract list',
    details: { contract: name },
  });
}

function unknownFunction(call: CallTransaction, contract: ContractInForce): Refusal {
  const functions = contract.manifest.functions.map((one) => one.name);
  return refusal('contract-changed', {
    code: 'AERGO_FUNCTION_UNKNOWN',
    message: `${call.contract} has no function ${call.function}; it has ${functions.join(', ') || 'none'}`,
    hint: `aergo contract show ${call.contract}`,
    details: {
      contract: call.contract,
      function: call.function,
      candidates: functions.map((name) => `${call.contract}.${name}`),
    },
  });
}

export function authorNotAllowed(what: string, contract: ContractInForce): Refusal {
  return refusal('author-not-allowed', {
    code: 'AERGO_AUTHOR_NOT_ALLOWED',
    message: `${what} takes the contract's first author or an admin`,
    hint: `sign it with ${contract.manifest.author}`,
    details: { author: contract.manifest.author },
  });
}

function refusedDeploy(
  deploy: DeployTransaction,
  candidate: Candidate,
  { state, rights }: AdmissionContext,
): Refusal | undefined {
  const contract = state.contract(deploy.contract);
  if ((contract?.source ?? null) !== deploy.replaces) {
    return refusal('contract-changed', {
      code: 'AERGO_CONTRACT_CHANGED',
      message:
        contract === undefined
          ? `there is no contract ${deploy.contract} to replace`
          : `${deploy.contract} was deployed anew meanwhile`,
      hint: `aergo contract show ${deploy.contract}`,
    });
  }
  if (contract === undefined || mayManage(candidate, contract, rights)) return undefined;
  return authorNotAllowed(`deploying ${deploy.contract} again`, contract);
}

function refusedImport(
  load: ImportTransaction,
  candidate: Candidate,
  { state, rights }: AdmissionContext,
): Refusal | undefined {
  const [contractName = ''] = load.table.split('.');
  const contract = state.contract(contractName);
  if (contract === undefined) return unknownContract(contractName);
  const schema = state.schema(load.table);
  if (schema === undefined) {
    const tables = contract.manifest.tables.map((table) => `${contractName}.${table}`);
    return refusal('contract-changed', {
      code: 'AERGO_TABLE_UNKNOWN',
      message: `there is no table ${load.table}; ${contractName} has ${tables.join(', ') || 'none'}`,
      hint: `aergo contract show ${contractName}`,
      details: { table: load.table, candidates: tables },
    });
  }
  if (!mayManage(candidate, contract, rights)) return authorNotAllowed(`importing into ${load.table}`, contract);
  const { there } = candidate;
  if (there?.schema !== undefined && encodeTableSchema(there.schema) !== encodeTableSchema(schema)) {
    return refusal('contract-changed', {
      code: 'AERGO_CONTRACT_CHANGED',
      message: `${load.table} is another table here than where the rows were imported`,
    });
  }
  if (there !== undefined && there.contract?.manifest.deploy !== contract.manifest.deploy)
    return unknownContract(contractName);
  return undefined;
}

/** The contract's first author, or an admin. */
export const mayManage = ({ signed, past }: Candidate, contract: ContractInForce, rights: Rights): boolean =>
  past === true ||
  rights.standsFor(signed.transaction.author, contract.manifest.author) ||
  rights.isAdmin(signed.transaction.author);
