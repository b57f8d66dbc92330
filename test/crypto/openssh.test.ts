import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signingKeyFromSeed } from '../../src/crypto/key.ts';
import {
  allowedSignersLine,
  decodePrivateKey,
  decodePublicKey,
  encodePrivateKey,
  encodePublicKey,
} from '../../src/crypto/openssh.ts';
import { armor, dearmor } from '../../src/crypto/ssh-wire.ts';
import { AergoError } from '../../src/errors.ts';
import { SshKeygen } from './ssh-keygen.ts';

const key = signingKeyFromSeed(new Uint8Array(32).fill(5));
const salt = Uint8Array.from({ length: 16 }, (_, at) => at);
const label = 'OPENSSH PRIVATE KEY';
const invalid = expect.objectContaining({ code: 'AERGO_KEY_INVALID' });
const anySeed = fc.uint8Array({ minLength: 32, maxLength: 32 });
const anyComment = fc.string({ unit: fc.constantFrom('a', ' ', '@', 'é', '😂') }).map((text) => text.trim());

function vector(name: string): string {
  return readFileSync(new URL(`../../fixtures/crypto/${name}`, import.meta.url), 'utf8');
}

describe('a private key file', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(anySeed, anyComment, (seed, comment) => {
        const made = signingKeyFromSeed(seed);
        const found = decodePrivateKey(encodePrivateKey(made, comment));
        expect([found.key.id, found.comment]).toEqual([made.id, comment]);
        expect(Buffer.from(found.key.seed)).toEqual(Buffer.from(seed));
      }),
    );
  });

  it('with a passphrase is read as it was written, and only with that passphrase', () => {
    const text = encodePrivateKey(key, 'ada', { passphrase: 'pä ss', salt, rounds: 1 });
    expect(decodePrivateKey(text, 'pä ss').key.id).toBe(key.id);
    expect(text).not.toBe(encodePrivateKey(key, 'ada'));
    for (const wrong of ['', 'pä s', 'pä sss']) {
      expect(() => decodePrivateKey(text, wrong)).toThrow(expect.objectContaining({ code: 'AERGO_KEY_PASSPHRASE' }));
    }
    expect(() => decodePrivateKey(text)).toThrow(
      expect.objectContaining({ code: 'AERGO_KEY_ENCRYPTED', hint: expect.any(String) }),
    );
  });

  it('is read by ssh-keygen, with a passphrase and without', () => {
    using ssh = new SshKeygen();
    ssh.write('plain', encodePrivateKey(key, 'ada’s key'));
    expect(ssh.run(['-y', '-f', 'plain'])).toBe(`${encodePublicKey(key.id, 'ada’s key')}\n`);
    ssh.write('sealed', encodePrivateKey(key, 'ada', { passphrase: 'open sesame', salt }));
    expect(ssh.run(['-y', '-P', 'open sesame', '-f', 'sealed'])).toBe(`${encodePublicKey(key.id, 'ada')}\n`);
    expect(() => ssh.run(['-y', '-P', 'wrong', '-f', 'sealed'])).toThrow();
  });

  it('of ssh-keygen is read, with a passphrase and without', () => {
    using ssh = new SshKeygen();
    for (const passphrase of ['', 'a pass phrase']) {
      const name = passphrase === '' ? 'plain' : 'sealed';
      ssh.run(['-q', '-t', 'ed25519', '-N', passphrase, '-C', 'c d', '-f', name]);
      const { key: found, comment } = decodePrivateKey(ssh.read(name), passphrase);
      expect(`${encodePublicKey(found.id, comment)}\n`).toBe(ssh.read(`${name}.pub`));
      expect(decodePublicKey(ssh.read(`${name}.pub`))).toEqual({ id: found.id, comment: 'c d' });
    }
  });

  it('of other people’s vectors is read', () => {
    const plain = decodePrivateKey(vector('openssh-ed25519.key'));
    expect(plain.comment).toBe('ed25519-nopsw.key');
    const sealed = decodePrivateKey(vector('openssh-ed25519-passphrase.key'), 'password');
    expect(encodePublicKey(sealed.key.id, sealed.comment)).toBe(
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFpz5PWWlJVx/imAhJjv57fg4eTGFVHf4WcFfbXPNo+/ ed25519-psw.key',
    );
  });

  it('of another type, another cipher or another form is refused', () => {
    using ssh = new SshKeygen();
    ssh.run(['-q', '-t', 'ecdsa', '-N', '', '-f', 'ecdsa']);
    ssh.run(['-q', '-t', 'rsa', '-b', '2048', '-m', 'PEM', '-N', '', '-f', 'rsa']);
    ssh.run(['-q', '-t', 'ed25519', '-N', 'secret', '-Z', 'aes128-cbc', '-f', 'cbc']);
    for (const name of ['ecdsa', 'ecdsa.pub', 'rsa', 'cbc']) {
      expect(() => decodePrivateKey(ssh.read(name), 'secret'), name).toThrow(invalid);
    }
  });

  it('with line ends of another system is read', () => {
    expect(decodePrivateKey(encodePrivateKey(key, '').replaceAll('\n', '\r\n')).key.id).toBe(key.id);
  });

  it('cut short anywhere is refused, and so is one with a byte changed in its key', () => {
    const text = encodePrivateKey(key, 'ada');
    const blob = dearmor(label, text) ?? new Uint8Array();
    for (let end = 0; end < blob.length; end += 1) {
      expect(() => decodePrivateKey(armor(label, blob.subarray(0, end)))).toThrow(invalid);
      expect(() => decodePrivateKey(text.slice(0, end))).toThrow(invalid);
    }
    const comment = Buffer.from(blob).lastIndexOf('ada');
    for (let at = 0; at < blob.length; at += 1) {
      if (at >= comment && at < comment + 3) continue;
      const changed = Uint8Array.from(blob);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => decodePrivateKey(armor(label, changed)), `byte ${at}`).toThrow(AergoError);
    }
  });

  it('that asks for endless rounds is refused at once', () => {
    const blob = Buffer.from(dearmor(label, encodePrivateKey(key, '', { passphrase: 'x', salt, rounds: 1 })) ?? []);
    blob.writeUInt32BE(0xffff_ffff, blob.indexOf(Buffer.from(salt)) + 16);
    expect(() => decodePrivateKey(armor(label, blob), 'x')).toThrow(invalid);
  });

  it('is not written with what it cannot carry', () => {
    expect(() => encodePrivateKey(key, 'two\nlines')).toThrow(invalid);
    expect(() => encodePrivateKey(key, '', { passphrase: 'x', salt: new Uint8Array(15) })).toThrow(invalid);
    expect(() => encodePrivateKey(key, '', { passphrase: 'x', salt, rounds: 0 })).toThrow(invalid);
    expect(() => encodePrivateKey(key, '', { passphrase: '', salt })).toThrow(
      expect.objectContaining({ code: 'AERGO_KEY_PASSPHRASE' }),
    );
  });

  it('is read from any text with a typed error', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => armor(label, bytes)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(() => decodePrivateKey(text)).toThrow(AergoError);
      }),
    );
  });
});

describe('a public key line', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(anySeed, anyComment, (seed, comment) => {
        const { id } = signingKeyFromSeed(seed);
        expect(decodePublicKey(encodePublicKey(id, comment))).toEqual({ id, comment });
      }),
    );
  });

  const line = encodePublicKey(key.id, 'ada');
  it.each([
    '',
    'ssh-ed25519',
    'ssh-ed25519 AAAA ada',
    line.replace('ssh-ed25519', 'ssh-rsa'),
    line.replace('ed25519 AAAA', 'ed25519 AAAB'),
    line.replace(/ ada$/, 'AAAA ada'),
    `x ${line}`,
    `${line}\n${line}`,
    'ssh-ed25519 !!!! ada',
    `ssh-ed25519 ${'A'.repeat(100_000)}`,
  ])('is refused: %#', (bad) => {
    expect(() => decodePublicKey(bad)).toThrow(invalid);
  });
});

describe('an allowed-signers line', () => {
  it('names a principal, and that the key signs for Git only', () => {
    expect(allowedSignersLine('ada@example.org', key.id)).toBe(
      `ada@example.org namespaces="git" ${encodePublicKey(key.id, '')}`,
    );
  });

  it.each(['', 'a b', 'a,b', '*', 'a?', '!a', '"a"', '#a', 'a\nb'])('does not take the principal %j', (bad) => {
    expect(() => allowedSignersLine(bad, key.id)).toThrow(expect.objectContaining({ code: 'AERGO_USAGE' }));
  });
});
