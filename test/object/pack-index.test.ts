/** Pack indexes and refs files, against stock Git. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { objectId } from '../../src/object/object.ts';
import { oidFromBytes } from '../../src/object/oid.ts';
import { encodePackEntry, encodePackHeader, PackTrailer } from '../../src/object/pack-entry.ts';
import { encodePackIndex, type PackIndexEntry } from '../../src/object/pack-index.ts';
import { encodePackedRefs } from '../../src/object/packed-refs.ts';
import { StockGit } from './stock-git.ts';

const trailer = Buffer.alloc(32, 7);

/** What `git show-index` prints of an index: it reads the index alone, so no pack of that size is needed. */
function shown(git: StockGit, index: Uint8Array): string[] {
  return git.run(['show-index', '--object-format=sha256'], index).trimEnd().split('\n').filter(Boolean);
}

const line = ({ oid, crc, offset }: PackIndexEntry): string =>
  `${offset} ${oid} (${crc.toString(16).padStart(8, '0')})`;

const byId = (a: PackIndexEntry, b: PackIndexEntry): number => (a.oid < b.oid ? -1 : 1);

describe('a pack index', () => {
  test('is byte for byte what git index-pack writes for the pack', () => {
    const bodies = Array.from({ length: 700 }, (_, at) => Buffer.from(`row ${at}\n`.repeat(at % 40)));
    const bodiesOnce = [...new Map(bodies.map((body) => [objectId('blob', body), body]))];
    const hash = new PackTrailer();
    const parts = [encodePackHeader(bodiesOnce.length)];
    let offset = 12;
    const entries = bodiesOnce.map(([oid, body]) => {
      const entry = encodePackEntry('blob', body);
      const place = { oid, crc: crc32(entry), offset };
      parts.push(entry);
      offset += entry.length;
      return place;
    });
    for (const part of parts) hash.update(part);
    const digest = hash.digest();
    using git = new StockGit();
    const pack = join(git.directory, 'made.pack');
    writeFileSync(pack, Buffer.concat([...parts, digest]));
    git.run(['index-pack', '--strict', '--object-format=sha256', pack]);
    expect(Buffer.compare(encodePackIndex(entries, digest), readFileSync(join(git.directory, 'made.idx')))).toBe(0);
  });

  test('says where objects lie, in packs of any size, as git show-index reads it', () => {
    const offset = fc.oneof(
      fc.integer({ min: 12, max: 2 ** 31 + 10 }),
      fc.constantFrom(2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 5),
    );
    const entry = fc.record({
      oid: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(oidFromBytes),
      crc: fc.integer({ min: 0, max: 0xffffffff }),
      offset,
    });
    const entries = fc.uniqueArray(entry, { selector: ({ oid }) => oid, maxLength: 40 });
    using git = new StockGit();
    fc.assert(
      fc.property(entries, (given) => {
        expect(shown(git, encodePackIndex(given, trailer))).toEqual([...given].sort(byId).map(line));
      }),
      { numRuns: 25 },
    );
  });

  test('is refused for an object that stands in the pack twice', () => {
    const one = { oid: oidFromBytes(Buffer.alloc(32, 3)), crc: 1, offset: 12 };
    expect(() => encodePackIndex([one, { ...one, offset: 50 }], trailer)).toThrow(
      expect.objectContaining({ code: 'AERGO_OBJECT_INVALID' }),
    );
  });
});

describe('a packed-refs file', () => {
  test('is what git pack-refs writes for the same refs, annotated tags peeled', () => {
    using git = new StockGit();
    const identity = ['-c', 'user.name=a', '-c', 'user.email=a@b'];
    git.run([...identity, 'commit', '--quiet', '--allow-empty', '-m', 'one']);
    const commit = git.run(['rev-parse', 'HEAD']).trim();
    const branches = ['b', 'a/c', 'a-b', 'é', 'a.b'];
    for (const name of branches) git.run(['update-ref', `refs/heads/${name}`, commit]);
    git.run([...identity, 'tag', '-a', '-m', 'tag', 'v1']);
    git.run(['update-ref', 'refs/aergo/directory', commit]);
    const refs = git
      .run(['for-each-ref', '--format=%(refname) %(objectname) %(*objectname)'])
      .trimEnd()
      .split('\n')
      .map((text) => {
        const [name = '', oid = '', peeled = ''] = text.split(' ');
        const id = (hex: string) => oidFromBytes(Buffer.from(hex, 'hex'));
        return { name, oid: id(oid), ...(peeled === '' ? {} : { peeled: id(peeled) }) };
      });
    git.run(['pack-refs', '--all']);
    const written = readFileSync(join(git.directory, '.git', 'packed-refs'), 'utf8');
    expect(encodePackedRefs(refs.reverse())).toBe(written);
  });
});
