/**
 * The tree of a table written straight from the words of the format: whole arrays, whole numbers of any size, no shortcut.
 * What the real writer makes must be this, object for object.
 */

import { objectId } from '../../src/object/object.ts';
import type { Oid } from '../../src/object/oid.ts';
import { encodeTree } from '../../src/object/tree.ts';
import { boundaryHash } from '../../src/state/boundary.ts';
import type { Row } from '../../src/state/row.ts';
import type { TableRoot } from '../../src/state/table.ts';

interface Item {
  readonly name: string;
  readonly length: number;
}

function split<T extends Item>(items: readonly T[], level: number): T[][] {
  const nodes: T[][] = [];
  let node: T[] = [];
  let sum = 0;
  for (const item of items) {
    node.push(item);
    sum += item.length;
    const bound = (BigInt(item.length) * BigInt(sum) ** 3n * (level === 0 ? 1n : 16n)) / 1516n;
    const [least, most] = level === 0 ? [512, 8192] : [256, 4096];
    const wants = sum >= most || (sum >= least && BigInt(boundaryHash(level, item.name)) < bound);
    if (wants && (level === 0 || node.length >= 2)) {
      nodes.push(node);
      node = [];
      sum = 0;
    }
  }
  if (node.length > 0) nodes.push(node);
  return nodes;
}

/** The root of a table of these rows, and the ids of all its objects. */
export function plainTree(rows: readonly Row[]): TableRoot & { oids: Set<Oid>; levels: number } {
  const oids = new Set<Oid>();
  const pages = split(
    rows.map((row) => ({ ...row, length: Buffer.byteLength(row.line) })),
    0,
  );
  if (pages.length === 0) pages.push([]);
  let nodes = pages.map((page) => ({
    name: page[0]?.name ?? '',
    oid: objectId('blob', Buffer.from(page.map((row) => row.line).join(''))),
  }));
  let level = 0;
  for (const { oid } of nodes) oids.add(oid);
  while (nodes.length > 1) {
    const mode = level === 0 ? '100644' : '40000';
    level += 1;
    const entries = nodes.map((node) => ({ ...node, length: node.name.length + 40 }));
    nodes = split(entries, level).map((node) => ({
      name: node[0]?.name ?? '',
      oid: objectId('tree', encodeTree(node.map(({ name, oid }) => ({ mode, name, oid })))),
    }));
    for (const { oid } of nodes) oids.add(oid);
  }
  const root = nodes[0]?.oid;
  if (root === undefined) throw new Error('there is always a root');
  return { oid: root, mode: level === 0 ? '100644' : '40000', oids, levels: level };
}
