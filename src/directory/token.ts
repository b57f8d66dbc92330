/**
 * Tokens: how a member proves a key to a server. One text, signed by the key, good for one repository at one origin until it
 * expires. Sent as a Bearer token, or as the password of HTTP Basic so that stock Git can use it. Frozen with format 1
 * (docs/format.md, vectors in test/directory/token.test.ts).
 *
 *     aergo1.<base64url of the canonical JSON>.<base64url of the signature>
 */
import { z } from 'zod';
import { canonicalJson, parseCanonicalJson } from '../crypto/canonical-json.ts';
import { verifySignature } from '../crypto/ed25519.ts';
import { isKeyId, type KeyId, type SigningKey } from '../crypto/key.ts';
import { AergoError } from '../errors.ts';

const prefix = 'aergo1';
const domain = 'aergo token v1\n';

/** Characters of a token at most: it stands in a header. */
const token_characters = 2_048;

/** How long a token may be good for: whoever finds one finds it dead soon. */
export const tokenLife_ms = 30 * 24 * 3_600_000;

const claimsSchema = z.strictObject({
  expires: z.int().min(0).max(8_640_000_000_000_000),
  key: z.custom<KeyId>((value) => typeof value === 'string' && isKeyId(value)),
  nonce: z.string().regex(/^[A-Za-z0-9_-]{16}$/),
  origin: z.string().min(1).max(500),
  repository: z.string().min(1).max(500),
});

/** What a token says: who, where, until when. `expires` in ms; `repository` is the path at the origin, as `/shop`. */
export type TokenClaims = z.infer<typeof claimsSchema>;

const signedBytes = (payload: string): Uint8Array => Buffer.from(`${domain}${payload}`);

/**
 * Where a URL points, as tokens and servers name it: the origin with its port, and the path without `.aergo`, `.git` or a
 * slash at the end.
 * @throws AergoError AERGO_URL_INVALID
 */
export function placeOfUrl(url: string): { origin: string; repository: string } {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) {
    throw new AergoError('AERGO_URL_INVALID', `${JSON.stringify(url.slice(0, 200))} is no http or https URL`, {
      hint: 'write it as https://host/path',
    });
  }
  return { origin: parsed.origin, repository: parsed.pathname.replace(/\/+$/, '').replace(/\.(?:aergo|git)$/, '') };
}

/** A token of `key`. `nonce`: 12 random bytes, so that no two are equal. */
export function signToken(claims: Omit<TokenClaims, 'key' | 'nonce'>, nonce: Uint8Array, key: SigningKey): string {
  const whole: TokenClaims = { ...claims, key: key.id, nonce: Buffer.from(nonce).toString('base64url') };
  const payload = Buffer.from(canonicalJson(claimsSchema.parse(whole))).toString('base64url');
  return `${prefix}.${payload}.${Buffer.from(key.sign(signedBytes(payload))).toString('base64url')}`;
}

/**
 * The key that a token proves, at this place and time; undefined for whatever is no such token: why is nobody's business who
 * has none.
 * @param now_ms this server's clock
 */
export function keyOfToken(
  token: string,
  place: { readonly origin: string; readonly repository: string },
  now_ms: number,
): KeyId | undefined {
  const claims = readToken(token);
  if (claims === undefined || claims.origin !== place.origin || claims.repository !== place.repository)
    return undefined;
  const left_ms = claims.expires - now_ms;
  return left_ms > 0 && left_ms <= tokenLife_ms ? claims.key : undefined;
}

/** What a token says, where it is signed by the key that it names. */
function readToken(token: string): TokenClaims | undefined {
  if (token.length > token_characters) return undefined;
  const [head, payload = '', signature = '', ...rest] = token.split('.');
  if (head !== prefix || rest.length > 0) return undefined;
  const bytes = Buffer.from(signature, 'base64url');
  // One token has one text: base64url decoders let a character too many or a bit too many pass.
  if (bytes.toString('base64url') !== signature) return undefined;
  const claims = readClaims(payload);
  return claims !== undefined && verifySignature(claims.key, signedBytes(payload), bytes) ? claims : undefined;
}

function readClaims(payload: string): TokenClaims | undefined {
  const bytes = Buffer.from(payload, 'base64url');
  if (bytes.toString('base64url') !== payload) return undefined;
  try {
    return claimsSchema.safeParse(parseCanonicalJson(bytes.toString('utf8'))).data;
  } catch (error) {
    if (error instanceof AergoError) return undefined;
    throw error;
  }
}
