/** Signs a token: what stock Git can show a server as a password. */
import { randomBytes } from 'node:crypto';
import * as Flags from '@oclif/core/flags';
import { AergoCommand } from '../src/cli/command.ts';
import { parseDuration } from '../src/cli/flag-values.ts';
import { placeOfUrl, signToken } from '../src/directory/token.ts';

export default class Token extends AergoCommand {
  static override summary = 'sign a token for a server';
  static override description =
    'A token proves your key at one repository of one server until it expires. Stock Git takes it as a password (the user’s name is nobody’s), or as a header: git -c http.extraHeader="Authorization: Bearer $(aergo token --repo URL)". Whoever has it may do there what you may: give it to nobody.';
  static override flags = {
    repo: Flags.string({ required: true, description: 'the repository’s URL', helpValue: 'URL' }),
    for: Flags.string({ default: '1h', description: 'how long it is good for, at most 30d', helpValue: 'TIME' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Token);
    const { key } = await this.signers();
    const expires = Date.now() + parseDuration(flags.for, '--for');
    const token = signToken({ ...placeOfUrl(flags.repo), expires }, randomBytes(12), key);
    this.print({ token, key: key.id, expires }, () => token);
  }
}
