/**
 * Revisions, written as in Git: `main`, `what-if~3`, `@`, a snapshot's name, the beginning of an id,
 * `main@{2026-11-20T10:00Z}`, and by height `@42`, `main@42`.
 * Source: https://git-scm.com/docs/gitrevisions
 */
import { AergoError } from '../errors.ts';
import type { BlockId } from './block.ts';
import type { History } from './history.ts';
import { branchRef, snapshotRef, trackingRefs } from './names.ts';

/** What names stand for while a revision is resolved. */
export interface RevisionContext {
  readonly history: History;
  /** Where the branch stands that HEAD names. */
  readonly head: BlockId;
  /** The block that a full ref name stands for, snapshots peeled. */
  block(ref: string): BlockId | undefined;
  /** All branches and snapshots, for "did you mean". */
  names(): string[];
}

const shortestPrefix = 4;

function unknown(text: string, context: RevisionContext): AergoError {
  return new AergoError('AERGO_REVISION_UNKNOWN', `no block, branch or snapshot is called ${JSON.stringify(text)}`, {
    hint: 'aergo branch --list · aergo snapshot · aergo log',
    details: { revision: text, candidates: context.names() },
  });
}

const ambiguous = (text: string, candidates: readonly string[]): AergoError =>
  new AergoError('AERGO_REVISION_AMBIGUOUS', `${JSON.stringify(text)} stands for ${candidates.length} things`, {
    hint: `write more of it: ${candidates.slice(0, 4).join(', ')}`,
    details: { revision: text, candidates },
  });

/**
 * The block that a revision names.
 * Throws `AERGO_REVISION_UNKNOWN` (with the known names as `details.candidates`) or `AERGO_REVISION_AMBIGUOUS`.
 */
export async function resolveRevision(text: string, context: RevisionContext): Promise<BlockId> {
  const [, base = '', steps = ''] = /^(.*?)((?:[~^]\d*)*)$/s.exec(text) ?? [];
  let id = await resolveBase(base, text, context);
  for (const [, kind, count] of steps.matchAll(/([~^])(\d*)/g)) {
    const n = count === '' || count === undefined ? 1 : Number(count);
    const next = kind === '~' ? back(context.history, id, n) : n === 0 ? id : context.history.record(id).parents[n - 1];
    if (next === undefined) throw unknown(text, context);
    id = next;
  }
  return id;
}

const back = (history: History, id: BlockId, blocks: number): BlockId | undefined =>
  history.atHeight(id, history.record(id).height - blocks);

async function resolveBase(base: string, whole: string, context: RevisionContext): Promise<BlockId> {
  const { history } = context;
  if (base === '@' || base === 'HEAD') return context.head;
  const at = /^(.*)@(?:(\d{1,15})|\{([^}]*)\})$/s.exec(base);
  if (at !== null) {
    const [, name = '', height, time] = at;
    const head = name === '' ? context.head : await resolveName(name, whole, context);
    const found =
      height !== undefined ? history.atHeight(head, Number(height)) : history.atTime(head, parseTime(time ?? ''));
    if (found === undefined) throw unknown(whole, context);
    return found;
  }
  return resolveName(base, whole, context);
}

async function resolveName(name: string, whole: string, context: RevisionContext): Promise<BlockId> {
  const full = name.startsWith('refs/') ? context.block(name) : undefined;
  if (full !== undefined) return full;
  const branch = context.block(branchRef(name.replace(/^heads\//, '')));
  const snapshot = context.block(snapshotRef(name.replace(/^tags\//, '')));
  if (branch !== undefined && snapshot !== undefined && branch !== snapshot && !/^(heads|tags)\//.test(name)) {
    throw ambiguous(name, [`heads/${name}`, `tags/${name}`]);
  }
  const named = name.startsWith('tags/') ? (snapshot ?? branch) : (branch ?? snapshot);
  if (named !== undefined) return named;
  const tracked = name.includes('/') ? context.block(trackingRefs + name.replace(/^remotes\//, '')) : undefined;
  if (tracked !== undefined) return tracked;
  if (!/^[0-9a-f]+$/.test(name) || name.length < shortestPrefix || name.length > 64) throw unknown(whole, context);
  const ids = await context.history.blocksByPrefix(name);
  const [only, ...others] = ids;
  if (only === undefined) throw unknown(whole, context);
  if (others.length > 0)
    throw ambiguous(
      name,
      ids.map((id) => id.slice(0, 12)),
    );
  return only;
}

/** An ISO 8601 time in ms; throws `AERGO_TIME_INVALID`. */
export function parseTime(text: string): number {
  const time = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})?)?$/.test(text)
    ? Date.parse(withZone(text))
    : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new AergoError('AERGO_TIME_INVALID', `${JSON.stringify(text)} is not a time`, {
    hint: 'write 2026-11-20T10:00Z (without a zone it is UTC), or where a time to come is asked for +10m',
  });
}

/** ECMAScript reads a time without a zone as local: here it is UTC, on every machine. */
function withZone(text: string): string {
  const iso = text.replace(' ', 'T');
  return !iso.includes('T') || /(?:Z|[+-]\d{2}:\d{2})$/.test(iso) ? iso : `${iso}Z`;
}
