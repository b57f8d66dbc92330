/** Lists the keys in the user's key directory. */
import { AergoCommand } from '../../src/cli/command.ts';
import { KeyStore } from '../../src/cli/key-store.ts';
import { aligned } from '../../src/cli/render/columns.ts';

export default class KeyList extends AergoCommand {
  static override summary = 'list your keys';

  async run(): Promise<void> {
    await this.parse(KeyList);
    const keys = new KeyStore(this.environment.dataDirectory).list();
    this.print({ keys }, () => aligned(keys.map(({ name, id }) => [name, id])));
    if (keys.length === 0) this.hint('aergo key generate NAME');
  }
}
