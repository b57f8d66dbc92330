import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AergoError } from '../../src/errors.ts';
import { objectId } from '../../src/object/object.ts';
import { compareEntries, decodeTree, encodeTree, type TreeEntry } from '../../src/object/tree.ts';
import { anyEntries, mutated } from './arbitraries.ts';
import { StockGit } from './stock-git.ts';

const oid = objectId('blob', new Uint8Array());
const invalid = expect.objectContaining({ code: 'AERGO_OBJECT_INVALID' });

function rawEntry(mode: string, name: string | Uint8Array, id: Uint8Array = Buffer.from(oid, 'hex')): Buffer {
  return Buffer.concat([Buffer.from(`${mode} `), Buffer.from(name), Buffer.from([0]), id]);
}

function gitOrder(entry: TreeEntry): Buffer {
  return Buffer.from(entry.mode === '40000' ? `${entry.name}/` : entry.name);
}

const disguises = [
  ...[
    '.git',
    '.GIT',
    '.Git ',
    '.git. . ',
    '.git:x',
    '.git::$INDEX_ALLOCATION',
    'git~1',
    'GIT~1',
    'git~1.',
    'git~1::$DATA',
  ],
  ...['.g\u200cit', '\u200d.git', '.gi\ufefft', '.git\u206f', '\ufeff.GIT', '.gıt'.replace('ı', '\u202ai')],
  ...[
    '.gitmodules',
    '.GITMODULES',
    '.gitmodules ',
    '.gitmodules::$DATA',
    'gitmod~1',
    'GITMOD~4',
    'gi7eba~1',
    'GI7EBA~9',
  ],
  ...['gi7eb~10', 'gi7~1000', '~1000000', '.git\u200cmodules', 'gitmod~1 . '],
];
const innocent = [
  '.gitignore',
  '.gitattributes',
  'git',
  'gitmodules',
  'git~2',
  'gitmod~5',
  'git~',
  '.gitx',
  'a.git',
  'gi7eba~0',
];

describe('a tree', () => {
  it('decodes to what was encoded, in the order of UTF-8 bytes with directories as if they ended in a slash', () => {
    fc.assert(
      fc.property(anyEntries, (entries) => {
        const body = encodeTree(entries);
        const decoded = decodeTree(body);
        expect(decoded).toEqual(entries.toSorted((a, b) => Buffer.compare(gitOrder(a), gitOrder(b))));
        expect(encodeTree(decoded)).toEqual(body);
        for (const a of entries) {
          for (const b of entries) {
            expect(Math.sign(compareEntries(a, b))).toBe(Buffer.compare(gitOrder(a), gitOrder(b)));
          }
        }
      }),
    );
  });

  it('has the id that stock Git gives it, and passes its fsck', () => {
    using git = new StockGit();
    git.write('blob', new Uint8Array());
    git.write('tree', new Uint8Array());
    const empty = objectId('tree', new Uint8Array());
    const oids = { '40000': empty, '100644': oid, '100755': oid, '120000': oid };
    for (const entries of fc.sample(anyEntries, 10)) {
      const body = encodeTree(entries.map((entry) => ({ ...entry, oid: oids[entry.mode] })));
      expect(git.write('tree', body)).toBe(objectId('tree', body));
    }
    expect(git.run(['fsck', '--strict', '--no-dangling'])).toBe('');
  });

  it.each(disguises)('does not take the name %j', (name) => {
    expect(() => encodeTree([{ mode: '100644', name, oid }])).toThrow(invalid);
    expect(() => decodeTree(rawEntry('100644', name))).toThrow(invalid);
  });

  it.each(innocent)('takes the name %j', (name) => {
    expect(decodeTree(encodeTree([{ mode: '100644', name, oid }]))).toEqual([{ mode: '100644', name, oid }]);
  });

  it.each(['', '.', '..', 'a/b', 'a\\b', '/', 'a\0b', 'x'.repeat(4097), 'é'.repeat(2049), '\ud800'])(
    'does not take a name that is no path component: %#',
    (name) => {
      expect(() => encodeTree([{ mode: '100644', name, oid }])).toThrow(invalid);
    },
  );

  it('takes a name of 4,096 bytes', () => {
    const name = 'é'.repeat(2048);
    expect(decodeTree(encodeTree([{ mode: '100644', name, oid }]))[0]?.name).toBe(name);
  });

  it.each(['040000', '100664', '160000', '100645', '0', '', '1006440'])('does not take the mode %j', (mode) => {
    expect(() => decodeTree(rawEntry(mode, 'a'))).toThrow(invalid);
  });

  it('does not take entries that are unsorted, double, cut short, not UTF-8 or of the null id', () => {
    const [a, b] = [rawEntry('100644', 'a'), rawEntry('100644', 'b')];
    const bad = {
      unsorted: Buffer.concat([b, a]),
      double: Buffer.concat([a, a]),
      'double with another mode': Buffer.concat([a, rawEntry('40000', 'a')]),
      'double with another mode, apart': Buffer.concat([a, rawEntry('100644', 'a.b'), rawEntry('40000', 'a')]),
      'a directory sorted as a file': Buffer.concat([rawEntry('40000', 'a'), rawEntry('100644', 'a.b')]),
      'cut in the id': a.subarray(0, -1),
      'cut in the name': Buffer.from('100644 abc'),
      'cut in the mode': Buffer.from('1006'),
      'not UTF-8': rawEntry('100644', Uint8Array.of(0xff, 0xfe)),
      'UTF-8 of a surrogate': rawEntry('100644', Uint8Array.of(0xed, 0xa0, 0x80)),
      'overlong UTF-8 of a slash': rawEntry('100644', Uint8Array.of(0xc0, 0xaf)),
      'the null id': rawEntry('100644', 'a', new Uint8Array(32)),
    };
    for (const [what, body] of Object.entries(bad)) expect(() => decodeTree(body), what).toThrow(invalid);
  });

  it('keeps a byte order mark in a name', () => {
    const name = '\ufeffa';
    expect(decodeTree(encodeTree([{ mode: '100644', name, oid }]))[0]?.name).toBe(name);
  });

  it('is decoded from any bytes with a typed error, or encodes to the same bytes again', () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated(anyEntries.map(encodeTree)));
    fc.assert(
      fc.property(bytes, (body) => {
        let entries: TreeEntry[];
        try {
          entries = decodeTree(body);
        } catch (error) {
          expect(error).toBeInstanceOf(AergoError);
          return;
        }
        expect(Buffer.compare(encodeTree(entries), body)).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});
