/** A change of the directory that somebody wants: written at once, or proposed to the other admins. */
import type { RepositoryContext } from './context.ts';
import { summaryOf, type VersionSummary } from './directory.ts';
import { type Step, type VersionOptions, writeVersions } from './directory-write.ts';
import { type ProposalView, propose } from './proposal.ts';

export interface ChangeOptions extends Pick<VersionOptions, 'key'> {
  /** Writes nothing: other admins are to agree first. */
  readonly propose?: boolean;
}

/** The version that says so now, or the proposal that would; with `unchanged` the version in force said so before. */
export type DirectoryChanged =
  | { readonly version: VersionSummary; readonly unchanged?: true; readonly proposal?: never }
  | { readonly version?: never; readonly unchanged?: never; readonly proposal: ProposalView };

/** @throws AergoError as `writeVersions` */
export async function changeDirectory(
  context: RepositoryContext,
  steps: readonly Step[],
  { key, propose: isProposed = false }: ChangeOptions,
): Promise<DirectoryChanged> {
  // What comes before the change itself is nothing that anybody else has to agree to.
  const last = steps.at(-1);
  if (isProposed && last !== undefined) {
    const before = await writeVersions(context, steps.slice(0, -1), { key });
    return last(before) === undefined ? unchanged(context) : { proposal: propose(context, last) };
  }
  const before = context.directoryVersion.id;
  const version = await writeVersions(context, steps, { key });
  return version.id === before ? unchanged(context) : { version: summaryOf(context, version) };
}

const unchanged = (context: RepositoryContext): DirectoryChanged => ({
  version: summaryOf(context, context.directoryVersion),
  unchanged: true,
});
