/**
 * A change of the directory that waits for other admins to agree: what the next version would say, and who approved exactly
 * that. A text that is sent around; it holds as long as nothing else is written.
 */
import { z } from 'zod';
import { canonicalJson } from '../crypto/canonical-json.ts';
import { isKeyId, type KeyId, type SigningKey } from '../crypto/key.ts';
import { approve, isApproval } from '../directory/approval.ts';
import { type Changes, changesBetween, describeChanges } from '../directory/changes.ts';
import { type Approval, approvalSchema, type MemberFile, memberSchema, policySchema } from '../directory/files.ts';
import { nextContent } from '../directory/next-version.ts';
import { type Approvals, type DirectoryContent, putVersionTree } from '../directory/version.ts';
import { AergoError } from '../errors.ts';
import { oidSchema, timeSchema } from '../ledger/transaction.ts';
import { ObjectBuffer } from '../object/source.ts';
import type { RepositoryContext } from './context.ts';
import { summaryOf, type VersionSummary } from './directory.ts';
import { type Step, writeVersions } from './directory-write.ts';

const keyed = <T extends z.ZodType>(value: T) =>
  z.record(
    z.string().refine((key) => isKeyId(key)),
    value,
  );
const proposalSchema = z.strictObject({
  approvals: keyed(approvalSchema),
  format: z.literal(1),
  members: keyed(memberSchema),
  policy: policySchema,
  previous: oidSchema,
  repository: oidSchema,
  time: timeSchema,
});
type Proposal = z.infer<typeof proposalSchema>;

/** What a proposal would change, and who agreed. */
export interface ProposalView {
  /** The number of the version that it would be. */
  readonly version: number;
  /** A line each. */
  readonly changes: readonly string[];
  readonly approvals: readonly KeyId[];
  /** The proposal as it is sent around. */
  readonly text: string;
}

/** What a step would write, as a proposal that nobody approved yet. Nothing is written. */
export function propose(context: RepositoryContext, step: Step): ProposalView {
  const before = context.directoryVersion;
  const { members, policy, time } = nextContent(before, step(before) ?? {}, context.options.clock());
  return viewOf(context, {
    approvals: {},
    format: 1,
    members: Object.fromEntries(members),
    policy,
    previous: before.id,
    repository: before.repository,
    time,
  });
}

/**
 * The proposal with an admin's approval.
 * @throws AergoError AERGO_PROPOSAL_INVALID for what is none, or not of the version in force
 */
export function approveProposal(context: RepositoryContext, text: string, key: SigningKey): ProposalView {
  const proposal = readProposal(context, text);
  const approval = approve(draftOf(context, proposal), key);
  return viewOf(context, { ...proposal, approvals: { ...proposal.approvals, [key.id]: approval } });
}

/**
 * Writes what was proposed, with the approvals that it has.
 * @throws AergoError AERGO_PROPOSAL_INVALID, and what `writeVersions` throws
 */
export async function applyProposal(
  context: RepositoryContext,
  text: string,
  key: SigningKey,
): Promise<{ version: VersionSummary }> {
  const proposal = readProposal(context, text);
  const { members, policy } = contentOf(context, proposal);
  const approvals: Approvals = new Map(approvalsOf(proposal).filter(([approver]) => approver !== key.id));
  const step: Step = () => ({ members, policy });
  const version = await writeVersions(context, [step], { key, approvals, time: proposal.time });
  return { version: summaryOf(context, version) };
}

const approvalsOf = ({ approvals }: Proposal) => Object.entries(approvals) as [KeyId, Approval][];

/** What the next version would say; one time holds for all who approve it. */
function contentOf(context: RepositoryContext, { members, policy, time }: Proposal): DirectoryContent {
  const files = new Map(Object.entries(members) as [KeyId, MemberFile][]);
  return nextContent(context.directoryVersion, { members: files, policy }, time);
}

function draftOf(context: RepositoryContext, proposal: Proposal): Parameters<typeof approve>[0] {
  const draft = putVersionTree(new ObjectBuffer(context.store), contentOf(context, proposal));
  return { repository: proposal.repository, previous: proposal.previous, draft };
}

function viewOf(context: RepositoryContext, proposal: Proposal): ProposalView {
  const before = context.directoryVersion;
  const changes: Changes = changesBetween(before, contentOf(context, proposal));
  return {
    version: before.version + 1,
    changes: describeChanges(changes),
    approvals: approvalsOf(proposal).map(([key]) => key),
    text: `${canonicalJson(proposal)}\n`,
  };
}

/** Strictly: who approves must see what it is that is approved. */
function readProposal(context: RepositoryContext, text: string): Proposal {
  const parsed = proposalSchema.safeParse(jsonOrNothing(text));
  if (!parsed.success) throw invalid('it is not in the form of one', parsed.error);
  const { data } = parsed;
  const before = context.directoryVersion;
  if (data.repository !== before.repository) throw invalid('it is for another repository');
  if (data.previous !== before.id) throw invalid('the directory has changed since it was made');
  const draft = draftOf(context, data);
  for (const [key, approval] of approvalsOf(data)) {
    if (!isApproval(draft, key, approval)) throw invalid(`the approval of ${key} does not hold`);
  }
  return data;
}

const invalid = (what: string, cause?: unknown): AergoError =>
  new AergoError('AERGO_PROPOSAL_INVALID', `this is no proposal that can be approved: ${what}`, {
    hint: 'ask for a new one',
    cause,
  });

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // what is no JSON is no proposal: the caller says so
  }
}
