/**
 * Where a node of a table's tree ends: by the lengths of its items and a hash of the last one's name alone, so that equal
 * rows give equal trees whatever their history.
 * Frozen with format 1 (vectors: fixtures/format/state-boundaries.json).
 *
 * Whoever may choose keys can choose such as end no page or every page, and make single inserts rewrite many: known.
 */

/** A page of rows ends at the latest here, in bytes. */
const maxPageBytes = 8192;
/** A node of entries ends at the latest here (once it has two), in bytes as `entryLength` counts them. */
const maxNodeBytes = 4096;

const minPageBytes = 512;
const minNodeBytes = 256;
const scale = 1516;

/** The length that an entry of a node counts with: its name's, and 40. */
export function entryLength(name: string): number {
  return name.length + 40;
}

/**
 * FNV-1a over a name's bytes, from a seed of the level's own, then murmur3's final mix: an unsigned 32-bit number.
 * @param level 0 for rows, 1 for the entries of the nodes above the pages, and so on
 */
export function boundaryHash(level: number, name: string): number {
  let h = 0x811c9dc5 ^ Math.imul(level + 1, 0x9e3779b9);
  // Names are ASCII (name.ts): a unit is a byte.
  for (let at = 0; at < name.length; at += 1) h = Math.imul(h ^ name.charCodeAt(at), 0x01000193);
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

// h < floor(x / 1516) is (h + 1) · 1516 ≤ x for whole numbers, which needs no division. Both sides are exact doubles: the
// item is part of the sum, so len ≤ s, and x ≤ 8191⁴ or 16 · 4095⁴, both below 2⁵³.
function hashEnds(hash: number, x: number): boolean {
  return (hash + 1) * scale <= x;
}

/**
 * Whether a page ends after a row.
 * @param length bytes of the row's line with its LF
 * @param sum bytes since the last end, this row included
 */
export function endsPage(name: string, length: number, sum: number): boolean {
  if (sum >= maxPageBytes) return true;
  return sum >= minPageBytes && hashEnds(boundaryHash(0, name), sum * sum * sum * length);
}

/**
 * Whether a node ends after an entry.
 * @param level 1 for the nodes above the pages, and so on
 * @param sum lengths since the last end, this entry included
 * @param count entries since the last end, this one included
 */
export function endsNode(level: number, name: string, sum: number, count: number): boolean {
  if (count < 2) return false;
  if (sum >= maxNodeBytes) return true;
  return sum >= minNodeBytes && hashEnds(boundaryHash(level, name), sum * sum * sum * entryLength(name) * 16);
}
