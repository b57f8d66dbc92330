/** What came from a remote, and what went to one, as people read it. */

import { describeTransaction } from '../../ledger/message.ts';
import type { FetchReport, PullReport, PushReport } from '../face.ts';
import { counted, short } from './columns.ts';
import { cutLines } from './cut.ts';
import { visible } from './visible.ts';

export const fastNote = (fast: boolean): string =>
  fast ? 'signatures and structure agree (not run again: aergo verify)' : 'signatures, re-runs and states agree';

/** @param unshallow the rest of the history was asked for */
export function* fetchLines(report: FetchReport, unshallow?: { readonly fast: boolean }): Generator<string> {
  const { remote, branches, snapshots, directory, blocks } = report;
  const moved = directory.after !== directory.before;
  if (branches.length === 0 && snapshots.length === 0 && !moved && blocks === 0) {
    yield `${remote}: already up to date`;
    return;
  }
  yield `${remote}: ${counted(blocks, 'new block')}`;
  for (const { branch, old, new: id, height, forced } of branches) {
    const name = `${visible(`${remote}/${branch}`)}`;
    if (id === null) yield `  ${name}   gone`;
    else if (old === null) yield `  ${name}   new, at block ${height} ${short(id)}`;
    else
      yield `  ${name}   ${short(old)} → ${short(id)}, block ${height}${forced ? '   (not forward: it was made anew or moved back)' : ''}`;
  }
  for (const name of snapshots) yield `  snapshot ${visible(name)}`;
  if (moved) yield `  directory   version ${directory.before} → ${directory.after}`;
  for (const line of directory.again ?? []) yield `    made again on it: ${visible(line)}`;
  for (const line of directory.left ?? []) yield `    others were quicker, make it again: ${visible(line)}`;
  yield* cutLines(report);
  if (unshallow !== undefined && report.begins === undefined)
    yield `the whole history is here${unshallow.fast ? '' : ', and was run again'}`;
}

export function* pullLines(report: PullReport): Generator<string> {
  yield* fetchLines(report.fetched);
  const { branch, kind, height, reran, left, kept } = report;
  const where = `${visible(branch)} at block ${height} ${short(report.new)}`;
  if (kind === 'up-to-date') yield `${where}: has all of it`;
  if (kind === 'forward') yield `${where}: moved forward`;
  if (kind === 'rerun')
    yield `${where}: your ${counted(reran.from, 'block')} ran again on top, as ${counted(reran.to, 'block')}`;
  for (const { transaction, content, error } of left)
    yield `  left out ${short(transaction)}   ${describeTransaction(content)}   ${error.message}`;
  if (kept !== undefined && left.length > 0) yield `  your blocks as they were: ${visible(kept)}`;
}

export function* pushLines({ remote, refs, blocks, directory }: PushReport): Generator<string> {
  if (refs.length === 0 && directory === undefined) yield `${remote}: already up to date`;
  else yield `${remote}: ${counted(blocks, 'block')} sent`;
  for (const { target, old, new: id, refused } of refs) {
    const name = visible(target);
    if (refused !== undefined) yield `  ${name}   refused: ${visible(refused)}`;
    else if (id === null) yield `  ${name}   deleted`;
    else yield old === null ? `  ${name}   new, at ${short(id)}` : `  ${name}   ${short(old)} → ${short(id)}`;
  }
  if (directory === undefined) return;
  const { version, refused, home } = directory;
  if (refused !== undefined) yield `  directory   refused: ${visible(refused)}`;
  else if (home !== undefined)
    yield `  directory   version ${version} was left out: it goes to its home first, ${visible(home)}`;
  else yield `  directory   version ${version}`;
}
