/** Lists blocks, newest first. */
import * as Flags from '@oclif/core/flags';
import { words } from '../src/cli/arguments.ts';
import { AergoCommand } from '../src/cli/command.ts';
import type { BlockSummary } from '../src/cli/face.ts';
import { parseCount } from '../src/cli/flag-values.ts';
import { logLine } from '../src/cli/render/block.ts';
import { drawGraph } from '../src/cli/render/graph.ts';
import { readRevisionWords } from '../src/cli/revision-words.ts';
import { blocksThatChanged } from '../src/cli/row-history.ts';

export default class Log extends AergoCommand {
  static override summary = 'list blocks, newest first';
  static override usage = 'log [REV | REV1..REV2] [TABLE [KEY…]]';
  static override args = { words: words('a revision or a range of two; then a table, and a key in it') };
  static override flags = {
    graph: Flags.boolean({
      default: false,
      description: 'draw how branches part and meet; with all blocks that were merged',
    }),
    limit: Flags.string({ char: 'n', description: 'at most this many blocks', helpValue: 'N' }),
    jsonl: Flags.boolean({ default: false, description: 'one JSON object a block' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Log);
    const limit = flags.limit === undefined ? {} : { limit: parseCount(flags.limit, '--limit') };
    await this.withRepository(async (repository) => {
      const { revisions, table, key } = await readRevisionWords(args.words ?? [], 1, repository);
      const [range] = revisions;
      const options = { firstParent: !flags.graph, ...(range === undefined ? {} : { range }) };
      const blocks =
        table === undefined
          ? await repository.log({ ...options, ...limit })
          : await blocksThatChanged(repository, await repository.log(options), { table, key, ...limit });
      if (flags.jsonl) await this.printEach(blocks);
      else if (this.output.options.json) this.print({ blocks: [...blocks] }, () => []);
      else this.print({}, () => (flags.graph ? drawGraph(this.#nodes(blocks)) : this.#lines(blocks)));
    });
  }

  *#lines(blocks: Iterable<BlockSummary>): Generator<string> {
    for (const block of blocks) yield logLine(block, this.style);
  }

  *#nodes(blocks: Iterable<BlockSummary>) {
    for (const block of blocks) yield { id: block.id, parents: block.parents, text: logLine(block, this.style) };
  }
}
