import { describe, expect, test } from 'vitest';
import { encodeCommit } from '../../src/object/commit.ts';
import type { NewObject } from '../../src/object/object.ts';
import type { Oid } from '../../src/object/oid.ts';
import { encodePackEntry, encodePackHeader, PackTrailer } from '../../src/object/pack-entry.ts';
import { ObjectBuffer } from '../../src/object/source.ts';
import { State } from '../../src/state/state.ts';
import { emptyState, updateState } from '../../src/state/state-update.ts';
import { updateTable } from '../../src/state/table.ts';
import { StockGit } from '../object/stock-git.ts';
import { note, noteRows, notes, nothing } from './sample-tables.ts';

function packOf(objects: readonly NewObject[]): Uint8Array {
  const parts = [encodePackHeader(objects.length), ...objects.map(({ type, body }) => encodePackEntry(type, body))];
  const trailer = new PackTrailer();
  for (const part of parts) trailer.update(part);
  return Buffer.concat([...parts, trailer.digest()]);
}

function commit(buffer: ObjectBuffer, tree: Oid, parents: Oid[]): Oid {
  const who = { name: 'test', email: 'test@example.org', seconds: 1_700_000_000 + parents.length };
  return buffer.put('commit', encodeCommit({ tree, parents, author: who, committer: who, message: 'State\n' }));
}

describe('stock Git', () => {
  test('takes a state as a strict pack, finds no fault in it, and shows a changed row as a changed line', () => {
    const buffer = new ObjectBuffer(nothing);
    const bank = { source: 'CREATE TABLE notes …\n', manifest: '{}\n', tables: new Map([['notes', notes]]) };
    const deployed = updateState(buffer, emptyState(buffer), { contracts: new Map([['bank', bank]]) });
    const table = State.open(buffer, deployed).table('bank.notes');
    if (table === undefined) return expect.unreachable();
    const odd = [-1, -20, -300].map((id) => note(id, 'quote " tab \t é'));
    const root = updateTable(buffer, table, [...noteRows(0, 20_000), ...odd]);
    const first = updateState(buffer, deployed, { rows: new Map([['bank.notes', root]]) });
    const changed = updateTable(buffer, { schema: notes, root }, [note(12_345, 'changed')]);
    const second = updateState(buffer, first, { rows: new Map([['bank.notes', changed]]) });
    const before = commit(buffer, first, []);
    const after = commit(buffer, second, [before]);

    using git = new StockGit();
    git.run(['index-pack', '--stdin', '--strict'], packOf(buffer.objects()));
    git.run(['update-ref', 'refs/heads/main', after]);
    expect(git.run(['fsck', '--strict', '--no-dangling'])).toBe('');
    const difference = git.run(['diff', '--unified=0', before, after]);
    const lines = difference.split('\n').filter((line) => /^[+-][^+-]/.test(line));
    expect(lines).toEqual(['-{"id":"12345","note":"x"}', '+{"id":"12345","note":"changed"}']);
    expect(git.run(['diff', '--name-only', before, after])).toMatch(
      /^tables\/bank\/notes\/rows\/(p[a-z]\d+-\/)+p[a-z]\d+-\n$/,
    );

    // Git's order of names, blobs and trees alike, is the order of the keys.
    const files = git.run(['ls-tree', '-r', '--name-only', after, 'tables/bank/notes/rows/']).trim().split('\n');
    const ids = files.flatMap((file) =>
      git
        .run(['show', `${after}:${file}`])
        .trimEnd()
        .split('\n')
        .slice(0, 1)
        .map((line) => Number(JSON.parse(line).id)),
    );
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(ids[0]).toBe(-300);
    git.run(['reset', '--hard', '--quiet', 'refs/heads/main']);
    expect(git.run(['status', '--short'])).toBe('');
  });
});
