/**
 * How the command line reaches remotes: who logs in with what, and what the other side says shown harmlessly. A token comes
 * from AERGO_TOKEN, else is signed with the user's key for that one place, else Git's credential helpers are asked.
 */
import { randomBytes } from 'node:crypto';
import type { SigningKey } from '../crypto/key.ts';
import { placeOfUrl, signToken } from '../directory/token.ts';
import type { RemoteAccess } from '../repository/remote-connection.ts';
import type { Environment } from './environment.ts';
import { filledCredential } from './git-credential.ts';
import { visible } from './render/visible.ts';

/** A token that is signed for one command need not outlive it by much. */
const life_ms = 10 * 60_000;

export interface RemoteAccessOptions {
  readonly environment: Environment;
  readonly version: string;
  readonly clock: () => number;
  /** The key of whoever asks, if there is one. */
  key(): Promise<SigningKey | undefined>;
  /** A line of what the remote says. */
  onLine(line: string): void;
}

export function remoteAccess({ environment, version, clock, key, onLine }: RemoteAccessOptions): RemoteAccess {
  const { variables } = environment;
  /** What has not been tried yet at this place, the surest first. */
  const credentials = [
    async () => (variables.AERGO_TOKEN ? `Bearer ${variables.AERGO_TOKEN}` : undefined),
    async (url: string) => {
      const signer = await key();
      if (signer === undefined) return undefined;
      return `Bearer ${signToken({ ...placeOfUrl(url), expires: clock() + life_ms }, randomBytes(12), signer)}`;
    },
    (url: string) => filledCredential(url, variables),
  ];
  const lines = new Lines((line) => onLine(`remote: ${visible(line)}`));
  return {
    agent: `aergo/${version}`,
    environment: variables,
    onMessage: (text) => lines.take(text),
    async authorize(url) {
      for (let next = credentials.shift(); next !== undefined; next = credentials.shift()) {
        const found = await next(url);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

/** Texts that come in pieces, as lines; a carriage return begins a line anew, as progress does. */
class Lines {
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  take(text: string): void {
    const lines = (this.#rest + text).split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? '').slice(0, 1_000);
    for (const line of lines) if (line.trim() !== '') this.#onLine(line.slice(0, 1_000));
  }
}
