/** Lists the members with their keys and roles. */
import * as Flags from '@oclif/core/flags';
import { AergoCommand } from '../../src/cli/command.ts';
import { memberLines } from '../../src/cli/render/directory.ts';

export default class MemberList extends AergoCommand {
  static override summary = 'list the members';
  static override flags = { all: Flags.boolean({ default: false, description: 'those too who were revoked' }) };

  async run(): Promise<void> {
    const { flags } = await this.parse(MemberList);
    const all = await this.withRepository((repository) => repository.members());
    const members = all.filter(({ revoked }) => flags.all || revoked === undefined);
    this.print({ members }, () => memberLines(members, this.style));
  }
}
