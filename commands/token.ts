/** Signs a token: what stock Git can show a server as a password. */
import * as Flags from '@oclif/core/flags';
import { AergoCommand } from '../src/cli/command.ts';
import { parseDuration } from '../src/cli/flag-values.ts';
import { newToken } from '../src/cli/new-token.ts';
import { tokenLife_ms } from '../src/directory/token.ts';
import { AergoError } from '../src/errors.ts';

export default class Token extends AergoCommand {
  static override summary = 'sign a token for a server';
  static override description =
    'A token proves your key at one repository of one server until it expires. Stock Git takes it as the password that it asks for (the user’s name is nobody’s); git-credential-aergo gives it one by itself. Whoever has it may do there what you may: give it to nobody.';
  static override flags = {
    repo: Flags.string({ required: true, description: 'the repository’s URL', helpValue: 'URL' }),
    for: Flags.string({ default: '1h', description: 'how long it is good for, at most 30d', helpValue: 'TIME' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Token);
    const { key } = await this.signers();
    const life_ms = parseDuration(flags.for, '--for');
    if (life_ms > tokenLife_ms)
      throw new AergoError('AERGO_USAGE', 'no server takes a token that is good for over 30 days', {
        hint: `aergo token --repo ${flags.repo} --for 30d`,
      });
    const expires = Date.now() + life_ms;
    const { token } = newToken(flags.repo, expires, key);
    this.print({ token, key: key.id, expires }, () => token);
  }
}
