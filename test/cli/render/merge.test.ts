import { expect, test } from 'vitest';
import type { MergeResult } from '../../../src/cli/face.ts';
import { plainStyle } from '../../../src/cli/output.ts';
import { mergeLines } from '../../../src/cli/render/merge.ts';
import { rowNameAsKey } from '../../../src/cli/render/receipt.ts';
import { parseKeyId } from '../../../src/crypto/key.ts';
import { transactionIdSchema } from '../../../src/ledger/transaction.ts';
import { parseOid } from '../../../src/object/oid.ts';

const tx = (prefix: string) => transactionIdSchema.parse(prefix.padEnd(64, '0'));
const author = parseKeyId(`ed25519:${'A'.repeat(43)}`);

const result: MergeResult = {
  upToDate: false,
  pending: false,
  mode: 'automatic',
  source: 'what-if',
  target: 'main',
  applied: [{ tx: tx('aa'), status: 'applied' }],
  changedResults: [],
  block: {
    id: parseOid('e51c9f0'.padEnd(64, '0')),
    height: 7,
    branch: 'main',
    start: '0'.repeat(16),
    kind: 'merge',
    time: 0,
    sealer: author,
    counts: { applied: 1, dropped: 1, leftOut: 0 },
    parents: [],
    subject: 'Block 7 on main: merge what-if, 1 applied, 1 dropped',
  },
  dropped: [
    {
      receipt: {
        tx: tx('91ab33d'),
        status: 'dropped',
        code: 'contract-error',
        message: 'Not enough balance',
        sqlstate: 'P0001',
      },
      transaction: {
        kind: 'call',
        contract: 'bank',
        function: 'pay',
        args: ['alice', 'carol', '80'],
        author,
        branch: 'what-if:0000000000000000',
        nonce: 'n'.repeat(16),
        sig: 's'.repeat(86),
      },
      cause: {
        kind: 'target',
        transaction: tx('03fe81c'),
        height: 6,
        branch: 'main',
        block: parseOid('b'.repeat(64)),
        rows: [['bank.accounts', 'alice-']],
      },
    },
  ],
};

test('a merge tells what was applied, and of each dropped one the reason and the cause', () => {
  expect(mergeLines(result, plainStyle)).toEqual([
    'block 7 e51c9f0   what-if → main: 1 applied, 1 dropped',
    '  dropped 91ab33d   bank.pay alice carol 80     contract-error: Not enough balance',
    '          bank.accounts alice was changed by 03fe81c on main, block 6',
  ]);
});

test('a dry run says the same with "would"', () => {
  const { block: _, ...rest } = result;
  expect(mergeLines(rest, plainStyle).slice(0, 2)).toEqual([
    'what-if → main: 1 would be applied, 1 would be dropped',
    '  would drop 91ab33d   bank.pay alice carol 80   contract-error: Not enough balance',
  ]);
});

test('a merge that has nothing to bring says so', () => {
  expect(mergeLines({ ...result, upToDate: true }, plainStyle)).toEqual(['what-if → main: already up to date']);
});

test('row names read as their keys', () => {
  expect(rowNameAsKey('alice-')).toBe('alice');
  expect(rowNameAsKey('a.20b~c3~bc-x.2dy-')).toBe('a bü x-y');
});
