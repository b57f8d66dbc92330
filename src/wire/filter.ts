/**
 * Which objects a partial clone leaves out.
 * @see https://git-scm.com/docs/git-rev-list, `--filter`
 */
import { protocolFault } from './pkt-line.ts';

export interface Filter {
  /** Blobs of at least so many bytes are left out; 0: all of them. */
  readonly blobLimit_bytes?: number;
  /** Trees and blobs this deep and deeper are left out; a commit's own tree is at 0. */
  readonly treeDepth?: number;
}

const scales: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** @throws AergoError AERGO_PROTOCOL_INVALID for another filter than `blob:none`, `blob:limit=<n>[kmg]` and `tree:<depth>` */
export function parseFilter(text: string): Filter {
  if (text === 'blob:none') return { blobLimit_bytes: 0 };
  const [, limit, scale = ''] = /^blob:limit=([0-9]{1,12})([kmg]?)$/i.exec(text) ?? [];
  if (limit !== undefined) return { blobLimit_bytes: Number(limit) * (scales[scale.toLowerCase()] ?? 1) };
  const [, depth] = /^tree:([0-9]{1,9})$/.exec(text) ?? [];
  if (depth !== undefined) return { treeDepth: Number(depth) };
  throw protocolFault(`the filter "${text.slice(0, 80)}" is not known here`);
}
