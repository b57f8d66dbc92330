import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { Resolution } from '../../src/merge/resolution.ts';
import type { Choice } from '../../src/merge/resolution-choice.ts';
import { parseOid } from '../../src/object/oid.ts';
import { choicesFor, countChoices, lapsedChoices, linesOfChoices } from '../../src/repository/pending-choices.ts';
import type { PendingConflict } from '../../src/repository/pending-conflicts.ts';
import { PendingFolder, type PendingMerge } from '../../src/repository/pending-folder.ts';
import { accounts, manyConflicts } from '../support/conflicts.ts';
import { temporaryDirectory } from '../support/repository.ts';

const merge = {
  target: 'main',
  source: 'what-if',
  parents: [parseOid('1'.repeat(64)), parseOid('2'.repeat(64))],
  mode: 'rows',
  pinned: false,
  begun: 1_790_000_000_000,
  conflicts: { total: 3, byContract: 0, left: 3 },
} as const satisfies Partial<PendingMerge>;

const pending = (count: number) => ({
  tables: [accounts],
  conflicts: manyConflicts(count).map((conflict): PendingConflict => ({ ...conflict, writers: {} })),
});

/** A merge that waits, with so many conflicts. */
async function begun(count = 3) {
  const directory = temporaryDirectory();
  const folder = new PendingFolder(directory);
  const waiting = await folder.begin(merge, pending(count));
  const { conflicts } = pending(count);
  const take = (index: number, way: 'ours' | 'theirs') => {
    const conflict = conflicts[index];
    if (conflict === undefined) throw new Error('no such conflict');
    return folder.append(waiting, [{ conflict, choice: { way, row: conflict[way] } }]);
  };
  const ways = () => [...folder.choices(conflicts).values()].map((choice) => choice.way);
  return { folder, waiting, conflicts, take, ways, file: (name: string) => join(directory, 'merge', name) };
}

describe('the folder of a pending merge', () => {
  it('gives back the merge, its conflicts and the choices, last one first served', async () => {
    const { folder, waiting, conflicts, take } = await begun();
    await take(0, 'ours');
    await take(1, 'ours');
    await take(0, 'theirs');
    const [first, second] = conflicts;
    if (first === undefined || second === undefined) throw new Error('no conflicts');
    await folder.append(waiting, [{ conflict: second }]);
    const edited: Choice = { way: 'edit', row: '{"balance":"7.00","owner":"acc0000001"}\n' };
    await folder.append(waiting, [{ conflict: second, choice: edited }]);
    expect(folder.read()).toEqual(waiting);
    expect(folder.conflicts(waiting)).toEqual(pending(3));
    expect([...folder.choices(conflicts).values()]).toEqual([{ way: 'theirs', row: first.theirs }, edited]);
    expect(folder.resolved()).toBe(2);
  });

  it('is not there before one began, and after it was removed', async () => {
    const { folder, waiting, conflicts, file } = await begun();
    folder.remove();
    expect([folder.read(), existsSync(file('.'))]).toEqual([undefined, false]);
    const [conflict] = conflicts;
    if (conflict === undefined) throw new Error('no conflicts');
    await expect(folder.append(waiting, [{ conflict }])).rejects.toMatchObject({ code: 'AERGO_MERGE_NOT_PENDING' });
    expect(existsSync(file('.'))).toBe(false);
  });

  it('takes no choice that was made in another merge', async () => {
    const { folder, waiting, conflicts } = await begun();
    folder.remove();
    await folder.begin({ ...merge, begun: merge.begun + 1 }, pending(3));
    const changes = conflicts.map((conflict) => ({ conflict, choice: { way: 'ours', row: conflict.ours } as const }));
    await expect(folder.append(waiting, changes)).rejects.toMatchObject({ code: 'AERGO_MERGE_NOT_PENDING' });
    expect(folder.resolved()).toBe(0);
  });

  it('keeps choices when the conflicts are computed again, but only for the very same rows', async () => {
    const { folder, take } = await begun();
    await take(0, 'ours');
    await take(2, 'theirs');
    const { tables, conflicts } = pending(3);
    const moved = conflicts.map((conflict, at) => (at === 0 ? { ...conflict, ours: null } : conflict));
    const renewed = await folder.renew(
      { ...merge, parents: [merge.parents[1], merge.parents[0]] },
      { tables, conflicts: moved },
    );
    expect(folder.read()).toEqual(renewed);
    expect([...folder.choices(moved).keys()]).toEqual(['bank.accounts acc0000002-']);
    expect(folder.resolved()).toBe(1);
  });

  it('loses no choice that is made while the conflicts are computed again', async () => {
    const { folder, conflicts, take, ways } = await begun(40);
    const [first, ...others] = conflicts;
    if (first === undefined) throw new Error('no conflicts');
    const { tables } = pending(0);
    await take(0, 'ours');
    const renewing = folder.renew(merge, { tables, conflicts: [{ ...first, ours: null }, ...others] });
    await take(1, 'theirs');
    await renewing;
    expect([ways(), folder.resolved()]).toEqual([['theirs'], 1]);
    const again = folder.renew(merge, { tables, conflicts: others });
    await Promise.all([again, ...others.map((_, at) => take(at + 1, 'ours'))]);
    expect([new Set(ways()), folder.resolved()]).toEqual([new Set(['ours']), 39]);
  });

  it('takes back what was chosen for other rows, and nothing that was chosen for those there are now', () => {
    const [conflict] = pending(1).conflicts;
    if (conflict === undefined) throw new Error('no conflicts');
    const moved = { ...conflict, ours: null };
    const chosen = (of: PendingConflict) =>
      linesOfChoices([{ conflict: of, choice: { way: 'theirs', row: of.theirs } }]);
    const lapsed = lapsedChoices([moved], chosen(conflict));
    expect(countChoices(chosen(conflict) + lapsed)).toBe(0);
    expect(choicesFor([moved], chosen(conflict) + chosen(moved) + lapsed).size).toBe(1);
    expect(lapsedChoices([moved], chosen(moved))).toBe('');
    expect(countChoices(chosen(conflict) + lapsedChoices([], chosen(conflict)))).toBe(0);
  });

  it('says where conflicts have to be computed again: the file is gone, or not what it was', async () => {
    const { folder, waiting, file } = await begun();
    const whole = readFileSync(file('conflicts.ndjson'), 'utf8');
    writeFileSync(file('conflicts.ndjson'), whole.replace('101.00', '111.00'));
    expect(folder.conflicts(waiting)).toBeUndefined();
    rmSync(file('conflicts.ndjson'));
    expect(folder.conflicts(waiting)).toBeUndefined();
  });

  it.each(['', '{}', '{"target":"main"', 'null\n', '[]'])('calls a damaged merge.json damaged: %j', async (text) => {
    const { folder, file } = await begun();
    writeFileSync(file('merge.json'), text);
    expect(() => folder.read()).toThrow(expect.objectContaining({ code: 'AERGO_STORE_DAMAGED' }));
    folder.remove();
    expect(folder.read()).toBeUndefined();
  });
});

describe('the log of choices', () => {
  it('loses nothing but its torn last line, wherever it is cut', async () => {
    const { take, ways, file } = await begun();
    await take(0, 'ours');
    await take(1, 'theirs');
    const whole = readFileSync(file('choices.ndjson'));
    const firstEnd = whole.indexOf('\n');
    for (let size = whole.length - 1; size >= 0; size -= 1) {
      truncateSync(file('choices.ndjson'), size);
      const expected = size >= whole.length - 1 ? ['ours', 'theirs'] : size >= firstEnd ? ['ours'] : [];
      expect(ways()).toEqual(expected);
    }
  });

  it('goes on behind a torn line', async () => {
    const { take, ways, file } = await begun();
    await take(0, 'ours');
    appendFileSync(file('choices.ndjson'), '{"digest":"0123","na');
    await take(1, 'theirs');
    await take(2, 'ours');
    expect(ways()).toEqual(['ours', 'theirs', 'ours']);
  });

  it.each(['7', '"text"', 'null', '{"way":"ours"}', '{"table":"bank.accounts","name":"acc0000000-","way":"mine"}'])(
    'takes a line that says something else for no choice: %s',
    async (line) => {
      const { ways, file } = await begun();
      appendFileSync(file('choices.ndjson'), `${line}\n`);
      expect(ways()).toEqual([]);
    },
  );

  it('is linear: ten times the conflicts take ten times the bytes', async () => {
    const sizes = await Promise.all(
      [100, 1000].map(async (count) => {
        const { folder, waiting, conflicts, file } = await begun(count);
        const changes = conflicts.map((conflict) => ({
          conflict,
          choice: { way: 'theirs', row: conflict.theirs } as const,
        }));
        await folder.append(waiting, changes);
        expect(folder.resolved()).toBe(count);
        return readFileSync(file('choices.ndjson')).length;
      }),
    );
    expect(sizes[1]).toBe((sizes[0] ?? 0) * 10);
  });

  it('settles a whole table in linear time: ten times the conflicts, less than thirty times the processor', async () => {
    const spent: number[] = [];
    for (const count of [10_000, 100_000]) {
      const { folder, waiting, conflicts } = await begun(count);
      const before = process.cpuUsage();
      const resolution = new Resolution([accounts], conflicts, folder.choices(conflicts));
      await folder.append(waiting, resolution.take(resolution.indexesOf(accounts.table), 'theirs').changes);
      expect(folder.choices(conflicts).size).toBe(count);
      const { user, system } = process.cpuUsage(before);
      spent.push(user + system);
    }
    expect((spent[1] ?? 0) / (spent[0] ?? 1)).toBeLessThan(30);
  });
});

/** A process that works on the folder and says what it has done, until it is killed. */
function worker(directory: string, body: string) {
  const source = new URL('../../src/repository/pending-folder.ts', import.meta.url).href;
  const support = new URL('../support/conflicts.ts', import.meta.url).href;
  const code = `
    import { writeSync } from 'node:fs';
    import { PendingFolder } from ${JSON.stringify(source)};
    import { accounts, manyConflicts } from ${JSON.stringify(support)};
    const folder = new PendingFolder(${JSON.stringify(directory)});
    const merge = ${JSON.stringify(merge)};
    const conflicts = manyConflicts(40).map((conflict) => ({ ...conflict, writers: {} }));
    const pending = { tables: [accounts], conflicts };
    const say = (word) => writeSync(1, word + '\\n');
    ${body}`;
  return spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** The lines that the process said until it was killed, some lines and then a moment after it began. */
async function saidUntilKilled(child: ReturnType<typeof worker>, lines: number, spins: number): Promise<string[]> {
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
    said.push(line);
    if (said.length !== lines) continue;
    for (let spin = 0; spin < spins; spin += 1) JSON.stringify(said);
    child.kill('SIGKILL');
  }
  return said;
}

it('keeps every choice that one process was told of while another computes the conflicts again and again', async () => {
  const directory = temporaryDirectory();
  const folder = new PendingFolder(directory);
  const waiting = await folder.begin(merge, pending(40));
  const child = worker(
    directory,
    `for (let turn = 0; ; turn += 1) {
       const odd = conflicts.map((one, at) => (at === 0 ? { ...one, ours: null } : one));
       await folder.renew(merge, { ...pending, conflicts: turn % 2 === 0 ? conflicts : odd });
       say(turn);
     }`,
  );
  const { conflicts } = pending(40);
  const turns = createInterface({ input: child.stdout ?? process.stdin })[Symbol.asyncIterator]();
  await turns.next();
  for (const conflict of conflicts)
    await folder.append(waiting, [{ conflict, choice: { way: 'ours', row: conflict.ours } }]);
  await turns.next();
  child.kill('SIGKILL');
  for await (const _ of turns);
  expect(folder.choices(conflicts.slice(1)).size).toBe(39);
});

describe('kill -9', () => {
  const moments = [1, 3, 8, 21, 34].map((lines, at) => ({ lines, spins: at * 700 }));

  it.each(moments)('loses no choice that was acknowledged, after $lines of them', async ({ lines, spins }) => {
    const directory = temporaryDirectory();
    const child = worker(
      directory,
      `const waiting = await folder.begin(merge, pending);
       for (const [at, conflict] of conflicts.entries()) {
         await folder.append(waiting, [{ conflict, choice: { way: 'ours', row: conflict.ours } }]);
         say(conflict.name);
       }`,
    );
    const said = await saidUntilKilled(child, lines, spins);
    const folder = new PendingFolder(directory);
    const chosen = folder.choices(pending(40).conflicts);
    expect(said.length).toBeGreaterThanOrEqual(lines);
    expect([...chosen.keys()]).toEqual(expect.arrayContaining(said.map((name) => `bank.accounts ${name}`)));
    expect(folder.conflicts(folder.read() ?? { ...merge, digest: '' })).toEqual(pending(40));
  });

  it.each(moments)(
    'leaves a whole merge or none, while merges come, change and go: after $lines',
    async ({ lines, spins }) => {
      const directory = temporaryDirectory();
      const child = worker(
        directory,
        `for (let turn = 0; ; turn += 1) {
         const waiting = await folder.begin({ ...merge, begun: turn }, pending);
         await folder.append(waiting, [{ conflict: conflicts[0], choice: { way: 'ours', row: conflicts[0].ours } }]);
         await folder.renew({ ...merge, begun: turn }, pending);
         folder.remove();
         say(turn);
       }`,
      );
      await saidUntilKilled(child, lines, spins);
      const folder = new PendingFolder(directory);
      const left = folder.read();
      if (left !== undefined) {
        expect([pending(40), undefined]).toContainEqual(folder.conflicts(left));
        expect([0, 1]).toContain(folder.resolved());
      }
      const again = await folder.begin({ ...merge, begun: -1 }, pending(2));
      expect([folder.read(), folder.resolved()]).toEqual([again, 0]);
    },
  );
});
