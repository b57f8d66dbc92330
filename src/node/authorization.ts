/** Who makes a request: what its Authorization header proves. */
import type { KeyId } from '../crypto/key.ts';
import { keyOfToken } from '../directory/token.ts';

const header_characters = 4_096;

/** How tokens are judged here. */
export interface TokenJudge {
  /** The origins under which clients reach this server. */
  readonly origins: readonly string[];
  /** This server's clock, ms. */
  readonly now: number;
}

/**
 * The key that the header proves for a repository, `anonymous` where there is none; `refused` for whatever proves nothing.
 * @param header as `Bearer <token>`, or as `Basic` with the token as password: the user's name is nobody's
 */
export function whoAsks(
  header: string | undefined,
  repository: string,
  judge: TokenJudge,
): KeyId | 'anonymous' | 'refused' {
  if (header === undefined) return 'anonymous';
  const token = header.length > header_characters ? undefined : tokenOf(header);
  if (token === undefined) return 'refused';
  for (const origin of judge.origins) {
    const key = keyOfToken(token, { origin, repository }, judge.now);
    if (key !== undefined) return key;
  }
  return 'refused';
}

function tokenOf(header: string): string | undefined {
  const [, scheme = '', credentials = ''] = /^([A-Za-z]+) +(\S+)$/.exec(header) ?? [];
  if (/^bearer$/i.test(scheme)) return credentials;
  if (!/^basic$/i.test(scheme)) return undefined;
  const pair = Buffer.from(credentials, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? undefined : pair.slice(colon + 1);
}
