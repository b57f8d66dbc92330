/** Lists the contracts to begin with. */
import { AergoCommand } from '../../src/cli/command.ts';
import { aligned } from '../../src/cli/render/columns.ts';
import { templates } from '../../src/cli/templates.ts';

export default class ContractTemplates extends AergoCommand {
  static override summary = 'list the contracts to begin with';

  async run(): Promise<void> {
    await this.parse(ContractTemplates);
    const list = templates().map(({ name, summary }) => ({ name, summary }));
    this.print({ templates: list }, () => aligned(list.map(({ name, summary }) => [name, summary])));
    this.hint('aergo contract new NAME --template TEMPLATE');
  }
}
