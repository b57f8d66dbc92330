/** Lists the contracts to begin with, and the resolvers to put into one. */
import { AergoCommand } from '../../src/cli/command.ts';
import { aligned } from '../../src/cli/render/columns.ts';
import { resolvers, type Template, templates } from '../../src/cli/templates.ts';

export default class ContractTemplates extends AergoCommand {
  static override summary = 'list the contracts to begin with';

  async run(): Promise<void> {
    await this.parse(ContractTemplates);
    const listed = (all: readonly Template[]) => all.map(({ name, summary }) => ({ name, summary }));
    const lists = { templates: listed(templates()), resolvers: listed(resolvers()) };
    const lines = ({ name, summary }: { name: string; summary: string }): string[] => [name, summary];
    this.print(lists, () => [
      ...aligned(lists.templates.map(lines)),
      '',
      'resolvers of conflicts, for --resolver:',
      ...aligned(lists.resolvers.map(lines)),
    ]);
    this.hint('aergo contract new NAME --template TEMPLATE [--resolver RESOLVER]');
  }
}
