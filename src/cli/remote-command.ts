/** What the commands that talk to remotes share: the way to them, and which remote is meant. */
import { AergoError } from '../errors.ts';
import { AergoCommand } from './command.ts';
import type { Repository } from './face.ts';

export abstract class RemoteCommand extends AergoCommand {
  /** @param named what the command line says; else `origin`, else the only one. @throws AergoError AERGO_REMOTE_UNKNOWN */
  protected remoteName(repository: Repository, named: string | undefined): string {
    if (named !== undefined) return named;
    const names = repository.remotes().map(({ name }) => name);
    const [only, ...others] = names;
    if (only !== undefined && (others.length === 0 || names.includes('origin')))
      return names.includes('origin') ? 'origin' : only;
    throw new AergoError(
      'AERGO_REMOTE_UNKNOWN',
      names.length === 0 ? 'there is no remote' : 'there are several remotes',
      {
        hint: names.length === 0 ? 'aergo remote add origin URL' : `name one of ${names.join(', ')}`,
        details: { candidates: names },
      },
    );
  }

  protected async access() {
    const { remoteAccess } = await import('./remote-access.ts');
    return remoteAccess({
      environment: this.environment,
      version: this.config.version,
      clock: Date.now,
      key: () => this.#keyOrNone(),
      onLine: (line) => this.output.note(line),
    });
  }

  /** Reading what is public needs no key, so having none, or too many, is no fault before somebody asks for it. */
  async #keyOrNone() {
    try {
      return (await this.signers()).key;
    } catch (error) {
      if (error instanceof AergoError && (error.code === 'AERGO_KEY_MISSING' || error.code === 'AERGO_KEY_AMBIGUOUS'))
        return undefined;
      throw error;
    }
  }
}
