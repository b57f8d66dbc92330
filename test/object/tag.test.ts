import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowedSignersLine } from '../../src/crypto/openssh.ts';
import { signSsh, verifySsh } from '../../src/crypto/sshsig.ts';
import { AergoError } from '../../src/errors.ts';
import { encodeCommit } from '../../src/object/commit.ts';
import { objectId } from '../../src/object/object.ts';
import { decodeTag, encodeTag, type Tag, tagPayload } from '../../src/object/tag.ts';
import { anyTag, mutated, testKey } from './arbitraries.ts';
import { StockGit } from './stock-git.ts';

const invalid = expect.objectContaining({ code: 'AERGO_OBJECT_INVALID' });
const who = { name: testKey.id, email: testKey.id, seconds: 1_700_000_000 };
const commit = encodeCommit({
  tree: objectId('tree', new Uint8Array()),
  parents: [],
  author: who,
  committer: who,
  message: 'Block 0\n',
});
const unsigned: Tag = {
  object: objectId('commit', commit),
  type: 'commit',
  name: 'before-audit',
  tagger: who,
  message: 'Snapshot before-audit: block 0 on main\n',
};
const signed: Tag = { ...unsigned, signature: signSsh(testKey, tagPayload(unsigned), 'git') };

describe('a tag', () => {
  it('decodes to what was encoded', () => {
    fc.assert(
      fc.property(anyTag, (tag) => {
        expect(decodeTag(encodeTag(tag))).toEqual(tag);
      }),
    );
  });

  it('is accepted by stock Git: id, fsck and signature', () => {
    using git = new StockGit();
    const signers = git.file('signers', `${allowedSignersLine(testKey.id, testKey.id)}\n`);
    git.write('tree', new Uint8Array());
    git.write('commit', commit);
    const tag = git.write('tag', encodeTag(signed));
    expect(tag).toBe(objectId('tag', encodeTag(signed)));
    git.run(['update-ref', 'refs/tags/before-audit', tag]);
    git.run(['-c', 'gpg.format=ssh', '-c', `gpg.ssh.allowedSignersFile=${signers}`, 'verify-tag', 'before-audit']);
    expect(git.run(['fsck', '--strict'])).toBe('');
  });

  it('with any bit flipped is refused, or its signature is', () => {
    const body = encodeTag(signed);
    const accepted: number[] = [];
    for (let bit = 0; bit < body.length * 8; bit += 1) {
      const flipped = Uint8Array.from(body);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      try {
        const tag = decodeTag(flipped);
        if (verifySsh(tag.signature ?? '', tagPayload(tag), 'git') === testKey.id) accepted.push(bit);
      } catch (error) {
        expect(error).toBeInstanceOf(AergoError);
      }
    }
    expect(accepted).toEqual([]);
  });

  it('is not written with values that it cannot carry', () => {
    const bad: Tag[] = [
      { ...unsigned, name: '' },
      { ...unsigned, name: 'a b' },
      { ...unsigned, name: 'a\nb' },
      { ...unsigned, name: 'a~1' },
      { ...unsigned, message: 'x\n-----BEGIN SSH SIGNATURE-----\n' },
      { ...unsigned, message: '-----BEGIN PGP SIGNATURE-----\n' },
      { ...signed, message: 'no line end' },
      { ...signed, signature: `${signed.signature}${signed.signature}` },
      { ...signed, signature: 'x\n' },
    ];
    for (const tag of bad) expect(() => encodeTag(tag)).toThrow(invalid);
  });

  it('is decoded from any bytes with a typed error, or encodes to the same bytes again', () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated(anyTag.map(encodeTag)));
    fc.assert(
      fc.property(bytes, (body) => {
        let tag: Tag;
        try {
          tag = decodeTag(body);
        } catch (error) {
          expect(error).toBeInstanceOf(AergoError);
          return;
        }
        expect(Buffer.compare(encodeTag(tag), body)).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
