import fc from 'fast-check';
import { expect, it } from 'vitest';
import { balancesOf, withAdditiveBank } from '../support/additive-bank.ts';
import { newRepository, type TestRepository } from '../support/repository.ts';

const owners = ['alice', 'bob', 'carol', 'dave'];
const opening = 1_000;

const owner = fc.constantFrom(...owners);
/** What is done: branches are named by numbers, counted round. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('pay'),
      at: fc.nat(4),
      sender: owner,
      recipient: owner,
      amount: fc.integer({ min: 1, max: 9 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('branch'), at: fc.nat(4) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('merge'), at: fc.nat(4), into: fc.nat(4) }) },
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

class Ledger {
  readonly test: TestRepository;
  readonly branches = ['main', 'b1', 'b2'];
  /** Every block as it was read when it was made. */
  readonly read = new Map<string, string>();
  merges = 0;

  constructor(test: TestRepository) {
    this.test = test;
  }

  branch(number: number): string {
    return this.branches[number % this.branches.length] ?? 'main';
  }

  async take(step: Step): Promise<void> {
    const { repository, admin: key } = this.test;
    const on = this.branch(step.at);
    if (step.does === 'branch') {
      const name = `b${this.branches.length}`;
      await repository.createBranch(name, on);
      this.branches.push(name);
    } else if ('sender' in step) {
      if (step.sender === step.recipient) return;
      const args = [step.sender, step.recipient, String(step.amount)];
      await repository.call({ contract: 'bank', function: 'pay', args, key, on });
      await this.note(on);
    } else if ('into' in step) await this.merge(on, this.branch(step.into));
  }

  async merge(source: string, into: string): Promise<void> {
    const { repository, admin: sealer } = this.test;
    const merged = await repository.merge({ source, into, sealer });
    expect(merged.pending).toBe(false);
    if (!merged.upToDate) this.merges += 1;
    await this.note(into);
    const head = await repository.resolve(into);
    expect(await repository.merge({ source, into, sealer })).toMatchObject({ upToDate: true });
    expect(await repository.resolve(into)).toBe(head);
  }

  async note(branch: string): Promise<void> {
    const id = await this.test.repository.resolve(branch);
    const balances = await balancesOf(this.test, id);
    const total = balances.split(', ').reduce((sum, one) => sum + Number(one.split(' ')[1]), 0);
    expect(total).toBe(owners.length * opening);
    this.read.set(id, balances);
  }
}

it('any history of payments, branches of branches and merges keeps the money, and what was read stays as it was', {
  timeout: 600_000,
}, async () => {
  let merges = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 18, size: 'max' }), async (steps) => {
      const test = await newRepository();
      await withAdditiveBank(test, Object.fromEntries(owners.map((name) => [name, String(opening)])));
      const logic = { mergeContract: 'bank.settle' };
      await test.repository.createBranch('b1', '@', logic);
      await test.repository.createBranch('b2', '@', logic);
      const ledger = new Ledger(test);
      for (const one of steps) await ledger.take(one);
      // Each of two has the other as it was: what they have in common from then on are two blocks.
      await test.repository.createBranch('then', 'b1');
      await ledger.merge('b2', 'b1');
      await ledger.merge('then', 'b2');
      await ledger.merge('b2', 'b1');
      await ledger.merge('b1', 'main');
      for (const [id, balances] of ledger.read) expect(await balancesOf(test, id)).toBe(balances);
      await test.repository.verify({ perturb: { seed: 'any history' } });
      merges += ledger.merges;
    }),
    { numRuns: 4, seed: 4 },
  );
  expect(merges).toBeGreaterThan(12);
});
