/**
 * How the command line reaches remotes: who logs in with what, and what the other side says shown harmlessly. A token comes
 * from AERGO_TOKEN, else is signed with the user's key for that one place, else Git's credential helpers are asked.
 */
import type { SigningKey } from '../crypto/key.ts';
import type { RemoteAccess } from '../repository/remote-connection.ts';
import type { Environment } from './environment.ts';
import { filledCredential } from './git-credential.ts';
import { newToken } from './new-token.ts';
import { visible } from './render/visible.ts';
import { saysPrivate } from './served-visibility.ts';

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
      return signer === undefined ? undefined : `Bearer ${newToken(url, clock() + life_ms, signer).token}`;
    },
    (url: string) => filledCredential(url, variables),
  ];
  const lines = new Lines((line) => onLine(`remote: ${visible(line)}`));
  return {
    agent: `aergo/${version}`,
    environment: variables,
    isPrivate: saysPrivate,
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

/** Texts that come in pieces, as lines; a carriage return begins a line anew, as progress does: what stands in the end counts. */
class Lines {
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  take(text: string): void {
    const lines = (this.#rest + text).split('\n').map(lastWritten);
    this.#rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') this.#onLine(line);
  }
}

const line_characters = 1_000;

/** What a line says after its last carriage return; one at the end is kept, for what follows it. */
function lastWritten(line: string): string {
  const end = line.trimEnd().lastIndexOf('\r');
  return line.slice(end + 1).slice(0, line_characters);
}
