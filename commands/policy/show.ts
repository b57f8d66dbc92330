/** Shows the policy: who may read, where the directory is written, who must agree. */
import { AergoCommand } from '../../src/cli/command.ts';
import { policyLines } from '../../src/cli/render/directory.ts';

export default class PolicyShow extends AergoCommand {
  static override summary = 'show what is allowed';

  async run(): Promise<void> {
    await this.parse(PolicyShow);
    const policy = await this.withRepository((repository) => repository.policy);
    this.print({ policy }, () => policyLines(policy));
  }
}
