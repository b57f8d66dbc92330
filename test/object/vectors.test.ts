import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Commit, decodeCommit, encodeCommit } from '../../src/object/commit.ts';
import { type ObjectType, objectId } from '../../src/object/object.ts';
import { decodePackEntry, encodePackEntry } from '../../src/object/pack-entry.ts';
import { decodeTag, encodeTag, type Tag } from '../../src/object/tag.ts';
import { decodeTree, encodeTree, type TreeEntry } from '../../src/object/tree.ts';
import { StockGit } from './stock-git.ts';

interface Vector {
  name: string;
  type: ObjectType;
  value?: unknown;
  body: string;
  oid: string;
  packEntry?: string;
}

const file = new URL('../../fixtures/format/objects.json', import.meta.url);
const vectors: Vector[] = JSON.parse(readFileSync(file, 'utf8')).vectors;

function encode(type: ObjectType, value: unknown): Uint8Array {
  if (type === 'tree') return encodeTree(value as TreeEntry[]);
  return type === 'commit' ? encodeCommit(value as Commit) : encodeTag(value as Tag);
}

function decode(type: ObjectType, body: Uint8Array): unknown {
  if (type === 'tree') return decodeTree(body);
  return type === 'commit' ? decodeCommit(body) : decodeTag(body);
}

describe('the frozen vectors of fixtures/format/objects.json', () => {
  it.each(vectors)('$type, $name: value, bytes and id belong together', ({ type, value, body, oid }) => {
    const bytes = Buffer.from(body, 'base64');
    expect(objectId(type, bytes)).toBe(oid);
    if (value === undefined) return;
    expect(Buffer.from(encode(type, value)).toString('base64')).toBe(body);
    expect(decode(type, bytes)).toEqual(value);
  });

  it.each(vectors.filter(({ packEntry }) => packEntry !== undefined))(
    '$type, $name: has this pack entry',
    ({ type, body, packEntry }) => {
      const bytes = Buffer.from(body, 'base64');
      expect(Buffer.from(encodePackEntry(type, bytes)).toString('base64')).toBe(packEntry);
      expect(decodePackEntry(Buffer.from(packEntry ?? '', 'base64'))).toEqual({ type, body: Uint8Array.from(bytes) });
    },
  );

  it('stock Git gives the same ids, and its fsck finds no fault', () => {
    using git = new StockGit();
    for (const { type, body, oid } of vectors) expect(git.write(type, Buffer.from(body, 'base64'))).toBe(oid);
    expect(git.run(['fsck', '--strict', '--no-dangling'])).toBe('');
  });
});
