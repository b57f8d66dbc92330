import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowedSignersLine, encodePrivateKey, encodePublicKey } from '../../src/crypto/openssh.ts';
import { signSsh, verifySsh } from '../../src/crypto/sshsig.ts';
import { AergoError } from '../../src/errors.ts';
import { type Commit, commitPayload, decodeCommit, encodeCommit } from '../../src/object/commit.ts';
import { objectId } from '../../src/object/object.ts';
import { anyCommit, mutated, testKey } from './arbitraries.ts';
import { StockGit } from './stock-git.ts';

const invalid = expect.objectContaining({ code: 'AERGO_OBJECT_INVALID' });
const emptyTree = objectId('tree', new Uint8Array());
const who = { name: testKey.id, email: testKey.id, seconds: 1_700_000_000 };
const unsigned: Commit = { tree: emptyTree, parents: [], author: who, committer: who, message: 'Block 0\n' };
const signed: Commit = { ...unsigned, signature: signSsh(testKey, commitPayload(unsigned), 'git') };

describe('a commit', () => {
  it('decodes to what was encoded', () => {
    fc.assert(
      fc.property(anyCommit, (commit) => {
        const body = encodeCommit(commit);
        expect(decodeCommit(body)).toEqual(commit);
        expect(encodeCommit(decodeCommit(body))).toEqual(body);
      }),
    );
  });

  it('is accepted by stock Git: id, fsck and signature', () => {
    using git = new StockGit();
    const signers = git.file('signers', `${allowedSignersLine(testKey.id, testKey.id)}\n`);
    git.write('tree', new Uint8Array());
    const settings = ['-c', 'gpg.format=ssh', '-c', `gpg.ssh.allowedSignersFile=${signers}`];
    let parent = git.write('commit', encodeCommit(signed));
    for (const message of ['', 'no line end', '\n\nlines before\n', 'é 😂\n', ' gpgsig-sha256 x\n']) {
      const commit = { ...unsigned, parents: [objectId('commit', encodeCommit(signed))], message };
      const body = encodeCommit({ ...commit, signature: signSsh(testKey, commitPayload(commit), 'git') });
      parent = git.write('commit', body);
      expect(parent).toBe(objectId('commit', body));
      git.run([...settings, 'verify-commit', parent]);
      expect(git.run([...settings, 'log', '-1', '--format=%G? %GS', parent])).toBe(`G ${testKey.id}\n`);
    }
    git.run(['update-ref', 'refs/heads/main', parent]);
    expect(git.run(['fsck', '--strict', '--no-dangling'])).toBe('');
  });

  it('that stock Git signed is read, and its signature checked', () => {
    using git = new StockGit();
    const tree = git.write('tree', new Uint8Array());
    const key = git.file('key', encodePrivateKey(testKey, ''));
    git.file('key.pub', `${encodePublicKey(testKey.id, '')}\n`);
    const settings = {
      'user.name': 'Ada',
      'user.email': 'ada@example.org',
      'gpg.format': 'ssh',
      'user.signingkey': key,
    };
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const oid = git.run([...options, 'commit-tree', '-S', '-m', 'by Git', tree]).trim();
    const body = Buffer.from(git.run(['cat-file', 'commit', oid]));
    const commit = decodeCommit(body);
    expect(commit).toMatchObject({ tree, parents: [], message: 'by Git\n', author: { name: 'Ada' } });
    expect(verifySsh(commit.signature ?? '', commitPayload(commit), 'git')).toBe(testKey.id);
    expect(signSsh(testKey, commitPayload(commit), 'git')).toBe(commit.signature);
  });

  it('with any bit flipped is refused, or its signature is', () => {
    const body = encodeCommit(signed);
    const accepted: number[] = [];
    for (let bit = 0; bit < body.length * 8; bit += 1) {
      const flipped = Uint8Array.from(body);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      try {
        const commit = decodeCommit(flipped);
        if (verifySsh(commit.signature ?? '', commitPayload(commit), 'git') === testKey.id) accepted.push(bit);
      } catch (error) {
        expect(error).toBeInstanceOf(AergoError);
      }
    }
    expect(accepted).toEqual([]);
  });

  const lines = Buffer.from(encodeCommit(signed)).toString().split('\n');
  const changed: Record<string, (all: string[]) => string[]> = {
    'another header': (all) => all.toSpliced(3, 0, 'encoding UTF-8'),
    'a header of Git that the format does not have': (all) => all.toSpliced(3, 0, 'mergetag x'),
    'a second signature': (all) => {
      const end = all.findIndex((line) => line.includes('END SSH'));
      return all.toSpliced(end + 1, 0, ...all.slice(3, end + 1));
    },
    'the SHA-1 signature header': (all) => all.map((line) => line.replace('gpgsig-sha256', 'gpgsig')),
    'author and committer exchanged': (all) => all.toSpliced(1, 2, all[2] ?? '', all[1] ?? ''),
    'no tree': (all) => all.slice(1),
    'two trees': (all) => [all[0] ?? '', ...all],
    'another zone': (all) => all.map((line) => line.replace('+0000', '+0100')),
    'a negative time': (all) => all.map((line) => line.replace(' 1700000000 ', ' -1 ')),
    'a time with a leading zero': (all) => all.map((line) => line.replace(' 17', ' 017')),
    'a time beyond whole numbers': (all) => all.map((line) => line.replace(' 1700000000 ', ' 9007199254740992 ')),
    'no empty line': (all) => all.filter((line) => line !== ''),
    'an id in capitals': (all) => all.map((line, at) => (at === 0 ? `tree ${line.slice(5).toUpperCase()}` : line)),
    'a signature line without its space': (all) => all.map((line) => line.replace(/^ U1NI/, 'U1NI')),
    'no committer': (all) => all.toSpliced(2, 1),
    'a space at the end of the name': (all) => all.map((line) => line.replace(' <', '  <')),
    'a NUL': (all) => all.map((line) => line.replace('Block', '\0')),
  };
  it.each(Object.entries(changed))('is refused with %s', (_what, change) => {
    const body = Buffer.from(change(lines).join('\n'));
    expect(() => decodeCommit(body)).toThrow(invalid);
  });

  it('is refused when it is not UTF-8, empty or cut short anywhere before its message', () => {
    expect(() => decodeCommit(Buffer.concat([encodeCommit(unsigned), Uint8Array.of(0xff)]))).toThrow(invalid);
    const body = encodeCommit(signed);
    const header = Buffer.from(body).indexOf('\n\n');
    for (let end = 0; end <= header; end += 1) expect(() => decodeCommit(body.subarray(0, end))).toThrow(invalid);
  });

  it('is not written with values that it cannot carry', () => {
    const bad: Commit[] = [
      { ...unsigned, message: 'a\0b' },
      { ...unsigned, message: '\ud800' },
      { ...unsigned, parents: [emptyTree, emptyTree] },
      { ...unsigned, author: { ...who, name: 'a <b>' } },
      { ...unsigned, author: { ...who, name: ' a' } },
      { ...unsigned, author: { ...who, email: 'a\nb' } },
      { ...unsigned, committer: { ...who, seconds: 1.5 } },
      { ...unsigned, committer: { ...who, seconds: -1 } },
      { ...unsigned, signature: 'no line end' },
      { ...unsigned, signature: 'an\n\nempty line\n' },
      { ...unsigned, signature: '' },
    ];
    for (const commit of bad) expect(() => encodeCommit(commit)).toThrow(invalid);
  });

  it('is decoded from any bytes with a typed error, or encodes to the same bytes again', () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated(anyCommit.map(encodeCommit)));
    fc.assert(
      fc.property(bytes, (body) => {
        let commit: Commit;
        try {
          commit = decodeCommit(body);
        } catch (error) {
          expect(error).toBeInstanceOf(AergoError);
          return;
        }
        expect(Buffer.compare(encodeCommit(commit), body)).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
