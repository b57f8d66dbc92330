/**
 * Running a revert: every row that a transaction wrote is set back to what it was before, by nobody but who may do as they
 * like with its contract, and only while each is as the transaction left it. Constraints hold as for every other write.
 */
import type { Engine, RowWrite } from '../contract/engine.ts';
import type { RowViolation } from '../contract/row-violation.ts';
import { AergoError } from '../errors.ts';
import { authorNotAllowed, type Candidate, mayManage } from './admission.ts';
import type { Rights } from './authority.ts';
import { type Refusal, refusal, snapshotConflict } from './refusal.ts';
import type { RowsBefore } from './row-conditions.ts';
import type { RevertTransaction, TransactionId } from './transaction.ts';
import type { WorkingState } from './working-state.ts';

/** Rows that a transaction wrote, by table and name, or why that cannot be taken back. */
export type Reverted = { readonly writes: readonly RowWrite[] } | { readonly never: 'deploy' | 'resolve' };

export interface RevertPlace {
  readonly engine: Engine;
  readonly state: WorkingState;
  readonly rights: Rights;
}

/** Sets the rows back, all of them or none; gives them as they changed. */
export async function revertRows(
  { engine, state, rights }: RevertPlace,
  candidate: Candidate,
  { of }: RevertTransaction,
  reverted: Reverted | undefined,
  unlikeBase: (rows: RowsBefore) => Refusal | undefined,
): Promise<readonly RowWrite[] | Refusal> {
  if (reverted === undefined) return notInEffect(of);
  if ('never' in reverted) return neverReverted(of, reverted.never);
  const changes = reverted.writes.map(({ table, name, before, after }) => ({
    table,
    name,
    before: after,
    after: before,
  }));
  for (const table of new Set(changes.map((change) => change.table))) {
    const [name = ''] = table.split('.');
    const contract = state.contract(name);
    if (contract === undefined || state.schema(table) === undefined) return otherTable(of, table);
    if (!mayManage(candidate, contract, rights)) return authorNotAllowed(`reverting what changed ${table}`, contract);
  }
  const changed = changes.find(({ table, name, before }) => state.row(table, name) !== before);
  if (changed !== undefined) return changedSince(of, changed);
  const conflict = unlikeBase(changes.map(({ table, name, before }) => ({ table, name, line: before })));
  if (conflict !== undefined) return conflict;
  const refused = await setRows(engine, of, changes);
  if (refused !== undefined) return refused;
  for (const { table, name, after } of changes) state.write(table, name, after);
  return changes;
}

async function setRows(engine: Engine, of: TransactionId, changes: readonly RowWrite[]): Promise<Refusal | undefined> {
  try {
    const outcome = await engine.changeRows(changes);
    const [first] = outcome.status === 'ok' ? [] : outcome.violations;
    return first === undefined ? undefined : violated(of, first);
  } catch (error) {
    // The table's types are others than when the row was written.
    if (error instanceof AergoError && error.code === 'AERGO_IMPORT_NOT_NORMAL')
      return otherTable(of, changes[0]?.table);
    throw error;
  }
}

const short = (of: TransactionId): string => of.slice(0, 7);

const notInEffect = (of: TransactionId): Refusal =>
  refusal('not-in-effect', {
    code: 'AERGO_NOT_IN_EFFECT',
    message: `transaction ${short(of)} is not in effect here, so there is nothing of it to revert`,
    hint: `aergo receipt ${short(of)}`,
    details: { transaction: of },
  });

const reasons = {
  deploy: {
    what: 'deploys a contract, which no revert undoes: rows of later calls stand on it',
    hint: 'deploy the earlier source again: aergo contract deploy',
  },
  resolve: {
    what: 'settles conflicts of a merge, which no revert undoes: the rows are the merge’s',
    hint: 'write the rows that you want with the contract’s functions',
  },
} as const;

function neverReverted(of: TransactionId, kind: keyof typeof reasons): Refusal {
  const { what, hint } = reasons[kind];
  return refusal('not-in-effect', {
    code: 'AERGO_REVERT_REFUSED',
    message: `transaction ${short(of)} ${what}`,
    hint,
    details: { transaction: of },
  });
}

function otherTable(of: TransactionId, table = ''): Refusal {
  return refusal('contract-changed', {
    code: 'AERGO_CONTRACT_CHANGED',
    message: `${table} is another table here than where ${short(of)} wrote it`,
    hint: 'write the rows that you want with the contract’s functions',
    details: { transaction: of, table },
  });
}

function changedSince(of: TransactionId, { table, name }: RowWrite): Refusal {
  const { code, facts } = snapshotConflict([table, name]);
  const error = new AergoError('AERGO_SNAPSHOT_CONFLICT', `${table} ${name} was changed since ${short(of)} wrote it`, {
    hint: 'revert the later transaction first',
    details: { row: [table, name], transaction: of },
  });
  return { code, facts, error };
}

const sqlstates = { unique: '23505', 'foreign-key': '23503', check: '23514', 'not-null': '23502' } as const;

function violated(of: TransactionId, { kind, table, constraint }: RowViolation): Refusal {
  if (kind === 'columns' || kind === 'type' || kind === 'key' || kind === 'limit') return otherTable(of, table);
  return refusal(
    'constraint',
    {
      code: 'AERGO_CONSTRAINT',
      message: `reverting ${short(of)} breaks ${constraint} of ${table} (${sqlstates[kind]})`,
      hint: 'nothing was written',
      details: { transaction: of, table, constraint },
    },
    { sqlstate: sqlstates[kind] },
  );
}
