/** Answers Git as a credential helper does: `git-credential-aergo` calls it. */
import { word } from '../src/cli/arguments.ts';
import { AergoCommand } from '../src/cli/command.ts';
import { credentialAnswer, readCredentialRequest } from '../src/cli/credential-request.ts';
import { readTextFile } from '../src/cli/input-file.ts';

/** Long enough for the requests of one clone, and no longer. */
const life_ms = 10 * 60_000;

export default class Credential extends AergoCommand {
  static override summary = 'answer Git as a credential helper';
  static override description =
    'What git-credential-aergo runs: get reads on stdin which repository Git wants to log in to, and answers with a token of your key that is good there for ten minutes; nothing is kept, so store and erase do nothing. Set up with: git config --global credential.helper aergo; git config --global credential.useHttpPath true';
  static override args = { operation: word('get, store or erase') };

  async run(): Promise<void> {
    const { args } = await this.parse(Credential);
    const request = args.operation === 'get' ? readCredentialRequest(readTextFile('-')) : undefined;
    if (request?.kind !== 'repository') {
      this.print({ credential: null }, () => []);
      if (request?.kind === 'server') {
        this.output.note('git does not say which repository it wants at this server, and a token is good for one');
        this.hint('git config --global credential.useHttpPath true');
      }
      return;
    }
    const { newToken } = await import('../src/cli/new-token.ts');
    const { token, expires } = newToken(request.url, Date.now() + life_ms, (await this.signers()).key);
    this.print({ credential: { username: 'aergo', password: token, expires } }, () => credentialAnswer(token, expires));
  }
}
