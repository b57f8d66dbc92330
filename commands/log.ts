/** Lists blocks, newest first. */
import * as Flags from '@oclif/core/flags';
import { words } from '../src/cli/arguments.ts';
import { AergoCommand } from '../src/cli/command.ts';
import type { BlockSummary } from '../src/cli/face.ts';
import { parseCount } from '../src/cli/flag-values.ts';
import { logLine } from '../src/cli/render/block.ts';
import { cutNotes } from '../src/cli/render/cut.ts';
import { drawGraph } from '../src/cli/render/graph.ts';
import { changesLines } from '../src/cli/render/row-history.ts';
import { visible } from '../src/cli/render/visible.ts';
import { readRevisionWords } from '../src/cli/revision-words.ts';
import { AergoError } from '../src/errors.ts';

export default class Log extends AergoCommand {
  static override summary = 'list blocks, newest first';
  static override description =
    'With a table the blocks that changed it; with a key too the changes of that row, through merges of every kind.';
  static override usage = 'log [REV | REV1..REV2] [TABLE [KEY…]]';
  static override args = { words: words('a revision or a range of two; then a table, and a key in it') };
  static override flags = {
    all: Flags.boolean({ default: false, description: 'the blocks of all branches, of remotes too' }),
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
      const options = { ...limit, ...(revisions[0] === undefined ? {} : { range: revisions[0] }) };
      if (flags.all && (args.words ?? []).length > 0) throw usage(allOrSome, 'aergo log --all');
      if (table === undefined) {
        const { all, graph } = flags;
        const blocks = await repository.log({ ...options, all, firstParent: !graph });
        return this.#blocks(blocks, flags, cutNotes(repository, blocks));
      }
      if (key.length === 0) {
        const { blocks, next, isCut } = await repository.tableLog(table, options);
        return this.#blocks(blocks, flags, cutNotes(repository, isCut), ({ id }) => next.get(id) ?? []);
      }
      if (flags.graph)
        throw usage(graphOfRow, 'aergo log --graph [TABLE]      or without --graph: aergo log TABLE KEY');
      const history = await repository.rowLog(table, key, options);
      const { changes, isCut } = history;
      if (flags.jsonl) return this.printEach(changes);
      this.print({ blocks: changes.map(({ block }) => block), changes }, () => changesLines(history, this.style));
      if (changes.length === 0) this.output.note(`no block here changed ${table} ${key.map(visible).join(' ')}`);
      for (const note of cutNotes(repository, isCut)) this.output.note(note);
    });
  }

  async #blocks(
    blocks: readonly BlockSummary[],
    { jsonl, graph }: { jsonl: boolean; graph: boolean },
    notes: readonly string[],
    parentsOf = (block: BlockSummary): readonly string[] => block.parents,
  ): Promise<void> {
    if (jsonl) return this.printEach(blocks);
    const node = (block: BlockSummary) => ({
      id: block.id,
      parents: parentsOf(block),
      text: logLine(block, this.style),
    });
    this.print({ blocks }, () => (graph ? drawGraph(blocks.map(node)) : blocks.map((block) => node(block).text)));
    for (const note of notes) this.output.note(note);
  }
}

const allOrSome = '--all lists the blocks of all branches: it takes no revision and no table';
const graphOfRow = '--graph draws blocks, not the changes of a row';

const usage = (fault: string, hint: string): AergoError => new AergoError('AERGO_USAGE', fault, { hint });
