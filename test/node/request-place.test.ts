/** A path names one repository below the root or nothing; a header proves a key or nothing. */
import { expect, test } from 'vitest';
import { signToken } from '../../src/directory/token.ts';
import { whoAsks } from '../../src/node/authorization.ts';
import { placeOfRequest, serviceOfQuery } from '../../src/node/request-place.ts';
import { keyOf } from '../support/repository.ts';

test('a path names a repository and a service, with or without an ending', () => {
  for (const name of ['/team/shop', '/team/shop.git', '/team/shop.aergo']) {
    expect(placeOfRequest(`${name}/info/refs`)).toEqual({ repository: '/team/shop', service: 'refs' });
    expect(placeOfRequest(`${name}/git-upload-pack`)?.service).toBe('git-upload-pack');
  }
});

test.each([
  '/info/refs',
  '//info/refs',
  '/shop/info/refs/',
  '/shop/info/packs',
  '/shop/HEAD',
  '/../shop/info/refs',
  '/a/../shop/info/refs',
  '/./shop/info/refs',
  '/%2e%2e/shop/info/refs',
  '/%252e%252e/shop/info/refs',
  '/shop%00/info/refs',
  '/shop%2f..%2fother/info/refs',
  '/.aergo/info/refs',
  '/-shop/info/refs',
  '/shop.aergo/other/info/refs',
  '/shop.aergo.git/info/refs',
  '/shop\\other/info/refs',
  '/shop.lock/info/refs',
  `/${'a/'.repeat(8)}shop/info/refs`,
  `/${'a'.repeat(101)}/info/refs`,
  'shop/info/refs',
])('%s names nothing', (path) => {
  expect(placeOfRequest(path)).toBeUndefined();
});

test('an advertisement is of exactly one of the two services', () => {
  expect(serviceOfQuery('service=git-upload-pack')).toBe('git-upload-pack');
  for (const query of ['', 'service=git-upload-archive', 'service=git-upload-pack&service=git-receive-pack', 'x=1'])
    expect(serviceOfQuery(query)).toBeUndefined();
});

const judge = { origins: ['http://127.0.0.1:8545', 'https://ledgers.example'], now: Date.UTC(2026, 10, 20) };
const claims = { origin: 'https://ledgers.example', repository: '/shop', expires: judge.now + 1_000 };
const token = signToken(claims, Buffer.alloc(12), keyOf('ada'));
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

test('a token proves its key as Bearer, and as the password of Basic whatever the user is called', () => {
  for (const header of [`Bearer ${token}`, `bearer ${token}`, basic(`ada:${token}`), basic(`:${token}`)])
    expect(whoAsks(header, '/shop', judge)).toBe(keyOf('ada').id);
});

test('no header is nobody, and any other proves nothing', () => {
  expect(whoAsks(undefined, '/shop', judge)).toBe('anonymous');
  expect(whoAsks(`Bearer ${token}`, '/other', judge)).toBe('refused');
  for (const header of [
    '',
    'Bearer',
    `Bearer  ${token} x`,
    basic(token),
    basic('ada:secret'),
    `Digest ${token}`,
    'x'.repeat(9_999),
  ])
    expect(whoAsks(header, '/shop', judge)).toBe('refused');
});
