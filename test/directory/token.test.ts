/** Tokens prove a key at one place until they expire, and whatever else they are made into proves nothing. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyOfToken, placeOfUrl, signToken, tokenLife_ms } from '../../src/directory/token.ts';
import { keyOf } from '../support/repository.ts';

const ada = keyOf('ada');
const now = Date.UTC(2026, 10, 20);
const place = { origin: 'https://ledgers.example', repository: '/team/shop' };
const nonce = Buffer.from('000102030405060708090a0b', 'hex');
const token = signToken({ ...place, expires: now + 3_600_000 }, nonce, ada);

test('a token is one text for one content (vector)', () => {
  expect(token).toMatchInlineSnapshot(
    `"aergo1.eyJleHBpcmVzIjoxNzk1MTM2NDAwMDAwLCJrZXkiOiJlZDI1NTE5OnZYOGRMd0xZU1UyU1VNV0ZHd1FYaHFlMXE2MWtOOWNFYm5uTjExa0JwZHMiLCJub25jZSI6IkFBRUNBd1FGQmdjSUNRb0wiLCJvcmlnaW4iOiJodHRwczovL2xlZGdlcnMuZXhhbXBsZSIsInJlcG9zaXRvcnkiOiIvdGVhbS9zaG9wIn0.fvEbq_xsjYgG4wSw8qnT0zukT9PwW_XvtVEtB5A9Eh5XFkZMLbTgPAofrnb1LNANyY_2vFKM8PN7d5YZBB9NAg"`,
  );
});

describe('a token proves its key', () => {
  test('at its place until it expires', () => {
    expect(keyOfToken(token, place, now)).toBe(ada.id);
    expect(keyOfToken(token, place, now + 3_599_999)).toBe(ada.id);
    expect(keyOfToken(token, place, now + 3_600_000)).toBeUndefined();
  });

  test('at no other origin and for no other repository', () => {
    expect(keyOfToken(token, { ...place, origin: 'https://ledgers.example:8443' }, now)).toBeUndefined();
    expect(keyOfToken(token, { ...place, repository: '/team/shop2' }, now)).toBeUndefined();
  });

  test('not when it says that it is good for longer than a token may be', () => {
    const forever = signToken({ ...place, expires: now + tokenLife_ms + 1 }, nonce, ada);
    expect(keyOfToken(forever, place, now)).toBeUndefined();
    expect(keyOfToken(forever, place, now + 1)).toBe(ada.id);
  });

  test('not with any character changed, added or taken away', () => {
    const at = fc.integer({ min: 0, max: token.length });
    fc.assert(
      fc.property(at, fc.string({ maxLength: 2 }), fc.integer({ min: 0, max: 2 }), (index, put, taken) => {
        const changed = token.slice(0, index) + put + token.slice(index + taken);
        if (changed !== token) expect(keyOfToken(changed, place, now)).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  test('not when another key signed it', () => {
    const [head, , signature] = signToken({ ...place, expires: now + 1_000 }, nonce, keyOf('eve')).split('.');
    expect(keyOfToken([head, token.split('.')[1], signature].join('.'), place, now)).toBeUndefined();
  });

  test('nothing that is no token is an error', () => {
    fc.assert(fc.property(fc.string(), (text) => keyOfToken(text, place, now) === undefined));
    for (const text of ['', 'aergo1', 'aergo1..', `aergo1.${'A'.repeat(5_000)}.x`, 'aergo1.e30.', 'aergo1.W10.W10'])
      expect(keyOfToken(text, place, now)).toBeUndefined();
  });
});

test('a URL names one place however it is written', () => {
  const expected = { origin: 'https://ledgers.example', repository: '/team/shop' };
  for (const url of ['/team/shop', '/team/shop/', '/team/shop.git', '/team/shop.aergo', '/team/shop.aergo/']) {
    expect(placeOfUrl(`https://ledgers.example:443${url}`)).toEqual(expected);
  }
  for (const url of ['shop', 'file:///shop', 'ext::sh -c true', '--upload-pack=x', 'ssh://host/shop']) {
    expect(() => placeOfUrl(url)).toThrow(expect.objectContaining({ code: 'AERGO_URL_INVALID' }));
  }
});
