import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signingKeyFromSeed } from '../../src/crypto/key.ts';
import { allowedSignersLine, encodePrivateKey, encodePublicKey } from '../../src/crypto/openssh.ts';
import { armor, dearmor, sshString, uint32 } from '../../src/crypto/ssh-wire.ts';
import { signSsh, verifySsh } from '../../src/crypto/sshsig.ts';
import { AergoError } from '../../src/errors.ts';
import { SshKeygen } from './ssh-keygen.ts';

interface Vectors {
  seed: string;
  key: string;
  publicKey: string;
  vectors: { payload: string; namespace: string; armored: string }[];
}

const file = new URL('../../fixtures/format/signatures.json', import.meta.url);
const frozen: Vectors = JSON.parse(readFileSync(file, 'utf8'));
const key = signingKeyFromSeed(new Uint8Array(32).fill(3));
const payload = Buffer.from('a payload');
const armored = signSsh(key, payload, 'git');
const refused = expect.objectContaining({ code: 'AERGO_SIGNATURE_INVALID', exitCode: 6 });

describe('the frozen vectors of fixtures/format/signatures.json', () => {
  const frozenKey = signingKeyFromSeed(Buffer.from(frozen.seed, 'hex'));
  it('have this key', () => {
    expect(frozenKey.id).toBe(frozen.key);
    expect(encodePublicKey(frozenKey.id, '')).toBe(frozen.publicKey);
  });

  it.each(frozen.vectors)('signing gives exactly $armored', ({ payload: base64, namespace, armored: text }) => {
    const bytes = Buffer.from(base64, 'base64');
    expect(signSsh(frozenKey, bytes, namespace)).toBe(text);
    expect(verifySsh(text, bytes, namespace)).toBe(frozen.key);
  });
});

describe('an SSH signature', () => {
  it('is byte for byte what ssh-keygen writes, and each accepts the other’s', () => {
    using ssh = new SshKeygen();
    ssh.write('key', encodePrivateKey(key, ''));
    ssh.write('signers', `${allowedSignersLine('ada', key.id)}\n`);
    for (const length of [0, 1, 1000]) {
      const bytes = new Uint8Array(length).fill(0xe9);
      ssh.write(`file${length}`, bytes);
      ssh.run(['-Y', 'sign', '-q', '-n', 'git', '-f', 'key', `file${length}`]);
      const theirs = ssh.read(`file${length}.sig`);
      expect(signSsh(key, bytes, 'git')).toBe(theirs);
      expect(verifySsh(theirs, bytes, 'git')).toBe(key.id);
      const verify = ['-Y', 'verify', '-f', 'signers', '-I', 'ada', '-n', 'git', '-s', `file${length}.sig`];
      expect(ssh.run(verify, bytes)).toContain('Good "git" signature for ada');
    }
  });

  it('is refused with any bit flipped, and over another payload or namespace', () => {
    for (let bit = 0; bit < armored.length * 8; bit += 1) {
      const flipped = Buffer.from(armored, 'latin1');
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => verifySsh(flipped.toString('latin1'), payload, 'git')).toThrow(refused);
    }
    expect(() => verifySsh(armored, Buffer.from('b payload'), 'git')).toThrow(refused);
    expect(() => verifySsh(armored, payload, 'file')).toThrow(refused);
  });

  it('has one text: other line lengths, line ends, spaces and base64 are refused', () => {
    const body = armored.split('\n').slice(1, -2).join('');
    const others = {
      'no LF at the end': armored.slice(0, -1),
      'an LF more': `${armored}\n`,
      'CR LF': armored.replaceAll('\n', '\r\n'),
      '76 columns': `-----BEGIN SSH SIGNATURE-----\n${body.replaceAll(/(.{76})/g, '$1\n')}\n-----END SSH SIGNATURE-----\n`,
      'a space': armored.replace('\n', ' \n'),
      'base64 with stray bits': armored.replace(
        /(.)=\n/,
        (_, last: string) => `${String.fromCharCode(last.charCodeAt(0) + 1)}=\n`,
      ),
      'no padding': armored.replace('=\n', '\n'),
      'another label': armored.replaceAll('SSH', 'PGP'),
      'two of them': armored + armored,
      'a megabyte': `${armored.slice(0, 30)}${'A'.repeat(1_000_000)}${armored.slice(30)}`,
    };
    for (const [what, text] of Object.entries(others)) {
      expect(text, what).not.toBe(armored);
      expect(() => verifySsh(text, payload, 'git'), what).toThrow(refused);
    }
  });

  it('is refused with another version, reserved field, hash, type or length', () => {
    const signature = key.sign(payload);
    const parts = {
      magic: Buffer.from('SSHSIG'),
      version: uint32(1),
      key: sshString(Buffer.concat([sshString('ssh-ed25519'), sshString(key.publicKey)])),
      namespace: sshString('git'),
      reserved: sshString(''),
      hash: sshString('sha512'),
      signature: sshString(Buffer.concat([sshString('ssh-ed25519'), sshString(signature)])),
      end: new Uint8Array(),
    };
    const short = sshString(Buffer.concat([sshString('ssh-ed25519'), sshString(signature.subarray(1))]));
    const changes: Partial<typeof parts>[] = [
      { magic: Buffer.from('SSHSIX') },
      { version: uint32(2) },
      { version: uint32(0) },
      { reserved: sshString('x') },
      { hash: sshString('sha256') },
      { key: sshString(Buffer.concat([sshString('ssh-rsa'), sshString(key.publicKey)])) },
      { key: sshString(Buffer.concat([sshString('ssh-ed25519'), sshString(key.publicKey), uint32(0)])) },
      { key: sshString(Buffer.concat([sshString('ssh-ed25519'), sshString(key.publicKey.subarray(1))])) },
      { signature: short },
      { signature: uint32(0xffff_ffff) },
      { end: Uint8Array.of(0) },
    ];
    for (const change of changes) {
      const text = armor('SSH SIGNATURE', Buffer.concat(Object.values({ ...parts, ...change })));
      expect(() => verifySsh(text, payload, 'git')).toThrow(refused);
    }
  });

  it('is read from any text and any bytes in armor with a typed error', () => {
    const blob = dearmor('SSH SIGNATURE', armored) ?? new Uint8Array();
    const cut = fc.nat({ max: blob.length }).map((at) => blob.slice(0, at));
    const texts = fc.oneof(
      fc.string(),
      fc.oneof(fc.uint8Array(), cut).map((bytes) => armor('SSH SIGNATURE', bytes)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          expect(text).toBe(verifySsh(text, payload, 'git') && armored);
        } catch (error) {
          expect(error).toBeInstanceOf(AergoError);
        }
      }),
      { numRuns: 300 },
    );
  });
});
