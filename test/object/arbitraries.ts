/** Random values of every object type, as fast-check makes them. */
import fc from 'fast-check';
import { signingKeyFromSeed } from '../../src/crypto/key.ts';
import { signSsh } from '../../src/crypto/sshsig.ts';
import { type Commit, commitPayload } from '../../src/object/commit.ts';
import type { Signature } from '../../src/object/ident.ts';
import { nameFault } from '../../src/object/name.ts';
import { parseOid } from '../../src/object/oid.ts';
import { type Tag, tagPayload } from '../../src/object/tag.ts';
import type { TreeEntry, TreeMode } from '../../src/object/tree.ts';

export const testKey = signingKeyFromSeed(Uint8Array.from({ length: 32 }, (_, at) => at));

const anyOid = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .filter((bytes) => bytes.some((byte) => byte !== 0))
  .map((bytes) => parseOid(Buffer.from(bytes).toString('hex')));

const text = fc.string({
  unit: fc.oneof(fc.constantFrom('\n', ' ', '-', 'é', '～', '😂'), fc.string({ minLength: 1, maxLength: 1 })),
});

/** Names that the format takes, with those that make the order of UTF-16, UTF-8 and Git differ. */
const anyName = fc
  .string({
    minLength: 1,
    maxLength: 12,
    unit: fc.constantFrom('a', 'b', 'g', '.', '-', '0', '~', 'é', '～', '\ue000', '😂'),
  })
  .filter((name) => nameFault(name) === null);

export const anyEntries: fc.Arbitrary<TreeEntry[]> = fc.uniqueArray(
  fc.record({
    mode: fc.constantFrom<TreeMode>('100644', '40000', '100755', '120000'),
    name: anyName,
    oid: anyOid,
  }),
  { selector: (entry) => entry.name, maxLength: 20 },
);

const anyIdent: fc.Arbitrary<Signature> = fc.record({
  name: fc.string({ unit: fc.constantFrom('a', 'Z', '9', ':', '_', '-', 'é', '😂'), minLength: 1 }),
  email: fc.string({ unit: fc.constantFrom('a', 'Z', '9', ':', '_', '-', '@', '.'), minLength: 1 }),
  seconds: fc.nat(),
});

const anyMessage = text.filter((message) => !message.includes('\0'));

export const anyCommit: fc.Arbitrary<Commit> = fc
  .record({
    tree: anyOid,
    parents: fc.uniqueArray(anyOid, { maxLength: 3 }),
    author: anyIdent,
    committer: anyIdent,
    message: anyMessage,
    signed: fc.boolean(),
  })
  .map(({ signed, ...commit }) =>
    signed ? { ...commit, signature: signSsh(testKey, commitPayload(commit), 'git') } : commit,
  );

export const anyTag: fc.Arbitrary<Tag> = fc
  .record({
    object: anyOid,
    type: fc.constantFrom('commit', 'tree', 'blob', 'tag'),
    name: fc.string({ unit: fc.constantFrom('a', 'v', '1', '.', '-', '/', 'é'), minLength: 1 }),
    tagger: anyIdent,
    message: anyMessage.map((message) => `${message}\n`),
    signed: fc.boolean(),
  })
  .map(({ signed, ...tag }) => (signed ? { ...tag, signature: signSsh(testKey, tagPayload(tag), 'git') } : tag));

/** A body and one change of it: a byte changed, cut off, put in or repeated. */
export function mutated(body: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(body, fc.nat(), fc.nat({ max: 255 }), fc.constantFrom('set', 'cut', 'insert', 'repeat'))
    .map(([bytes, where, byte, how]) => {
      const at = where % (bytes.length + 1);
      const value = Uint8Array.of(byte);
      if (how === 'cut') return bytes.slice(0, at);
      if (how === 'repeat') return Buffer.concat([bytes.subarray(0, at), bytes]);
      return Buffer.concat([bytes.subarray(0, at), value, bytes.subarray(how === 'set' ? at + 1 : at)]);
    });
}
