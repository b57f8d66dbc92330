import { describe, expect, it } from 'vitest';
import { conflictId } from '../../src/merge/conflict.ts';
import type { MergeOptions } from '../../src/repository/merge.ts';
import { additiveSource, balancesOf, withAdditiveBank } from '../support/additive-bank.ts';
import { keyOf, newRepository, type TestRepository } from '../support/repository.ts';

const balances = { alice: '100', bob: '100', carol: '100', dave: '100' };

async function bank(source = additiveSource): Promise<TestRepository> {
  const test = await newRepository();
  await withAdditiveBank(test, balances, source);
  return test;
}

/** A payment on a branch. */
async function pay(
  { repository, admin: key }: TestRepository,
  on: string,
  sender: string,
  recipient: string,
  amount: string,
) {
  return repository.call({ contract: 'bank', function: 'pay', args: [sender, recipient, amount], key, on });
}

const close = ({ repository, admin: key }: TestRepository, on: string, owner: string) =>
  repository.call({ contract: 'bank', function: 'close_account', args: [owner], key, on });

const merge = ({ repository, admin: sealer }: TestRepository, source: string, options: Partial<MergeOptions> = {}) =>
  repository.merge({ source, sealer, ...options });

describe('an agreed merge', () => {
  it('lets the contract settle what both sides changed, and says in the block what it decided', async () => {
    const test = await bank();
    const { repository } = test;
    await repository.createBranch('side', '@', { mergeContract: 'bank.settle' });
    await pay(test, 'side', 'alice', 'bob', '10');
    await pay(test, 'side', 'dave', 'bob', '1');
    await pay(test, 'main', 'alice', 'carol', '5');
    const merged = await merge(test, 'side');
    expect(merged).toMatchObject({
      mode: 'agreed',
      pending: false,
      upToDate: false,
      conflicts: { total: 1, byContract: 1, left: [] },
      dropped: [],
      block: {
        kind: 'merge',
        mode: 'agreed',
        counts: { applied: 0, dropped: 0, leftOut: 0, conflicts: 1 },
        subject: 'Block 4 on main: agreed merge of side, 1 conflict',
      },
    });
    expect(await balancesOf(test)).toBe('alice 85.00, bob 111.00, carol 105.00, dave 99.00');
    expect(await merge(test, 'side')).toMatchObject({ upToDate: true, mode: 'agreed' });
    await repository.verify();
  });

  it('seals nothing while conflicts are left to people, and takes their choices as signed transactions of the block', async () => {
    const test = await bank();
    const { repository } = test;
    await repository.createBranch('side', '@', { mergeContract: 'bank.settle' });
    await pay(test, 'side', 'alice', 'bob', '100');
    await close(test, 'side', 'alice');
    await pay(test, 'main', 'alice', 'carol', '5');
    await pay(test, 'main', 'bob', 'carol', '5');
    const head = repository.head.block.id;
    const left = await merge(test, 'side', { dryRun: true });
    expect(left).toMatchObject({ pending: true, conflicts: { total: 2, byContract: 1 } });
    expect(left.block).toBeUndefined();
    const [conflict] = left.conflicts?.left ?? [];
    if (conflict === undefined) throw new Error('a conflict is left');
    expect(conflict).toEqual({
      kind: 'row',
      table: 'bank.accounts',
      name: 'alice-',
      key: ['alice'],
      base: '{"balance":"100.00","owner":"alice"}\n',
      ours: '{"balance":"95.00","owner":"alice"}\n',
      theirs: null,
      left: 'alice is closed on one side',
    });
    expect(repository.head.block.id).toBe(head);
    const choices = new Map([[conflictId(conflict), { row: '{"balance":"0","owner":"alice"}\n' }]]);
    const merged = await merge(test, 'side', { choices });
    expect(merged).toMatchObject({ pending: false, applied: [{ rows: 1, status: 'applied' }] });
    expect(await balancesOf(test)).toBe('alice 0.00, bob 195.00, carol 110.00, dave 100.00');
    const shown = await repository.show(merged.block?.id ?? '');
    expect(shown).toMatchObject({
      transactions: [
        {
          transaction: {
            kind: 'resolve',
            branch: expect.stringMatching(/^main:/),
            ours: head,
            choices: [{ table: 'bank.accounts', key: ['alice'], row: { balance: '0.00', owner: 'alice' } }],
          },
        },
      ],
    });
    await repository.verify({ perturb: { seed: 'rows in another order' } });
  });

  it('refuses a choice that cannot stand, and who may not merge', async () => {
    const test = await bank();
    const { repository } = test;
    await repository.createBranch('side', '@', { mergeContract: 'bank.settle' });
    await close(test, 'side', 'alice');
    await pay(test, 'main', 'alice', 'carol', '5');
    const [conflict] = (await merge(test, 'side', { dryRun: true })).conflicts?.left ?? [];
    if (conflict === undefined) throw new Error('a conflict is left');
    const chosen = (row: string) => ({ choices: new Map([[conflictId(conflict), { row: `${row}\n` }]]) });
    const refused = (row: string) => expect(merge(test, 'side', chosen(row))).rejects;
    await refused('{"balance":"-1.00","owner":"alice"}').toMatchObject({
      code: 'AERGO_CHOICE_INVALID',
      message: 'the row chosen for bank.accounts alice does not fit: CHECK accounts_balance_check does not hold',
      hint: 'aergo resolve bank.accounts alice --undo',
    });
    await refused('{"balance":"1.00","owner":"zoe"}').toMatchObject({ message: expect.stringMatching(/another key/) });
    await expect(
      merge(test, 'side', { ...chosen('{"balance":"1.00","owner":"alice"}'), author: keyOf('eve') }),
    ).rejects.toMatchObject({
      code: 'AERGO_SEALER_NOT_ALLOWED',
    });
  });

  it('computes everything in a dry run and writes nothing', async () => {
    const test = await bank();
    const { repository } = test;
    await repository.createBranch('side', '@', { mergeContract: 'bank.settle' });
    await pay(test, 'side', 'alice', 'bob', '10');
    await pay(test, 'main', 'alice', 'carol', '5');
    const head = repository.head.block.id;
    const dry = await merge(test, 'side', { dryRun: true });
    expect(dry).toMatchObject({ pending: false, conflicts: { total: 1, byContract: 1 } });
    expect([dry.block, repository.head.block.id]).toEqual([undefined, head]);
    await merge(test, 'side');
    await repository.verify();
  });

  it('is what the target agreed on where the source did not, and is inherited by a branch of a branch', async () => {
    const test = await bank();
    const { repository } = test;
    await repository.createBranch('agreed', '@', { mergeContract: 'bank.settle' });
    await pay(test, 'agreed', 'alice', 'bob', '1');
    await repository.createBranch('of-agreed', 'agreed');
    await pay(test, 'of-agreed', 'alice', 'bob', '2');
    await pay(test, 'main', 'alice', 'bob', '4');
    expect(await merge(test, 'main', { into: 'agreed' })).toMatchObject({
      mode: 'agreed',
      conflicts: { byContract: 2 },
    });
    expect(await balancesOf(test, 'agreed')).toBe('alice 95.00, bob 105.00, carol 100.00, dave 100.00');
    expect(await merge(test, 'of-agreed')).toMatchObject({ mode: 'agreed', conflicts: { byContract: 2 } });
    expect(await balancesOf(test)).toBe('alice 93.00, bob 107.00, carol 100.00, dave 100.00');
    await repository.verify();
  });

  it('is not to be had otherwise: by rows, with another option of another mode, or where nothing was agreed on', async () => {
    const test = await bank();
    const { repository } = test;
    await repository.createBranch('side', '@', { mergeContract: 'bank.settle' });
    await repository.createBranch('plain');
    await pay(test, 'side', 'alice', 'bob', '1');
    await pay(test, 'plain', 'alice', 'bob', '1');
    const refused = (source: string, options: Partial<MergeOptions>) => expect(merge(test, source, options)).rejects;
    await refused('side', { rows: true }).toMatchObject({
      code: 'AERGO_MERGE_MODE',
      message: 'side cannot be merged so: its conflicts are for bank.settle, as was agreed on when the branch was made',
    });
    await refused('side', { dropChangedResults: true }).toMatchObject({ code: 'AERGO_MERGE_MODE' });
    await refused('plain', { pinned: true }).toMatchObject({ code: 'AERGO_MERGE_MODE' });
  });

  it('waits for a block that names the logic: one that only the ref of a branch has is not passed over', async () => {
    const test = await bank();
    const { repository } = test;
    await repository.createBranch('plain');
    await pay(test, 'plain', 'alice', 'bob', '10');
    await repository.createBranch('settled', 'plain', { mergeContract: 'bank.settle' });
    const refused = (hint: RegExp, options: Partial<MergeOptions> = {}) =>
      expect(merge(test, 'settled', options)).rejects.toMatchObject({
        code: 'AERGO_MERGE_MODE',
        message: 'settled cannot be merged yet: it has no block yet that says that it merges by bank.settle',
        hint: expect.stringMatching(hint),
        details: { source: 'settled', logic: { function: 'settle' } },
      });
    await refused(/^any transaction on it makes that block: aergo call --on settled /);
    await refused(/aergo call --on settled/, { rows: true });
    expect(await merge(test, 'settled', { into: 'plain' })).toMatchObject({ upToDate: true });
    await pay(test, 'main', 'alice', 'carol', '5');
    await refused(/^aergo merge main --into settled makes that block/);
    expect(await merge(test, 'main', { into: 'settled' })).toMatchObject({ mode: 'agreed' });
    expect(await merge(test, 'settled')).toMatchObject({ mode: 'agreed', block: { height: 4 } });
    expect(await balancesOf(test)).toBe('alice 85.00, bob 110.00, carol 105.00, dave 100.00');
    await repository.verify();
  });
});

describe('a rows merge', () => {
  it('leaves every conflict to people', async () => {
    const test = await bank();
    const { repository } = test;
    await repository.createBranch('side');
    await pay(test, 'side', 'alice', 'bob', '10');
    await pay(test, 'main', 'alice', 'carol', '5');
    const { conflicts } = await merge(test, 'side', { rows: true, dryRun: true });
    expect(conflicts).toMatchObject({ total: 1, byContract: 0, left: [{ key: ['alice'] }] });
    const choices = new Map(conflicts?.left.map((one) => [conflictId(one), { row: one.theirs }]));
    const merged = await merge(test, 'side', { rows: true, choices });
    expect(merged.block?.subject).toBe('Block 4 on main: rows merge of side, 1 conflict');
    expect(await balancesOf(test)).toBe('alice 90.00, bob 110.00, carol 105.00, dave 100.00');
    await repository.verify();
  });
});
