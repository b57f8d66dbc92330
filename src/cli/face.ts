/** The values that the repository gives and the renderers show, in one place for both. */

export type { Member, Policy } from '../directory/files.ts';
export type { SettledConflict } from '../ledger/conflict-list.ts';
export type { Receipt } from '../ledger/receipt.ts';
export type { Transaction } from '../ledger/transaction.ts';
export type { Conflict } from '../merge/conflict.ts';
export type { BlamedRow, ValueOrigin } from '../repository/blame.ts';
export type { RepositoryOptions } from '../repository/context.ts';
export type { ContractDifference, TableToChange } from '../repository/contract-diff.ts';
export type { DirectoryReport, VersionSummary, VersionView as DirectoryVersionView } from '../repository/directory.ts';
export type { DirectoryChanged } from '../repository/directory-change.ts';
export type { DropCause } from '../repository/drop-causes.ts';
export type { FetchReport } from '../repository/fetch.ts';
export type { MergeOptions, MergeResult } from '../repository/merge.ts';
export type { OpenPending } from '../repository/pending.ts';
export type { PendingConflict } from '../repository/pending-conflicts.ts';
export type { PendingMerge } from '../repository/pending-folder.ts';
export type { ContinuedMerge } from '../repository/pending-merge.ts';
export type { ProposalView } from '../repository/proposal.ts';
export type { PullReport } from '../repository/pull.ts';
export type { PushReport } from '../repository/push.ts';
export type { PushedRef } from '../repository/push-plan.ts';
export type {
  ContractInfo,
  RowDifference,
  Shown,
  TableView,
} from '../repository/read.ts';
export type { ResubmitResult } from '../repository/resubmit.ts';
export type { RevertResult } from '../repository/revert.ts';
export type { RowHistory } from '../repository/row-history.ts';
export type { SubmitResult, Submitted } from '../repository/submit.ts';
export type { TransactionView } from '../repository/transaction-view.ts';
export type { VerifyReport } from '../repository/verify.ts';
export type { BlockSummary, ValueWriter } from '../repository/views.ts';
export type { Repository } from '../repository.ts';
export type { RowValues } from '../state/row.ts';
export type { TableSchema } from '../state/schema.ts';
export type { FsckProblem, FsckReport } from '../store/fsck.ts';
