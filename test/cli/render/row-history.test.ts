import { expect, test } from 'vitest';
import type { RowHistory } from '../../../src/cli/face.ts';
import { plainStyle } from '../../../src/cli/output.ts';
import { changesLines } from '../../../src/cli/render/row-history.ts';
import type { KeyId } from '../../../src/crypto/key.ts';
import { parseOid } from '../../../src/object/oid.ts';

const block = (height: number): RowHistory['changes'][number]['block'] => ({
  id: parseOid(String(height).repeat(64)),
  height,
  branch: 'main',
  start: '0'.repeat(16),
  kind: 'block',
  time: 0,
  sealer: `ed25519:${'A'.repeat(43)}` as KeyId,
  counts: { applied: 1, dropped: 0, leftOut: 0 },
  parents: [],
  subject: `Block ${height} on main: 1 transaction`,
});

test('each change has its block, who wrote it, and what became of the row; a decision may leave it as it was', () => {
  const schema = {
    columns: [
      { name: 'owner', type: 'text' },
      { name: 'balance', type: 'int4' },
    ],
    key: ['owner'],
    elements: [],
    indexes: [],
  };
  const writer = {
    transaction: 'f'.repeat(64) as never,
    author: `ed25519:${'B'.repeat(43)}` as KeyId,
    description: 'bank.pay',
  };
  const row = (balance: string) => ({ owner: 'alice', balance });
  const changes = [
    { block: block(3), key: ['alice'], before: row('7'), transactions: [writer] },
    {
      block: block(2),
      key: ['alice'],
      before: row('7'),
      after: row('7'),
      transactions: [],
      decidedBy: 'contract' as const,
    },
    { block: block(1), key: ['alice'], before: row('10'), after: row('7'), transactions: [{ ...writer, name: 'ada' }] },
  ];
  expect([...changesLines({ schema, changes }, plainStyle)]).toEqual([
    '3333333   block 3 on main   1970-01-01 00:00:00   1 transaction',
    '   fffffff   ed25519:BBBB…   bank.pay',
    ' - alice   balance   7',
    '2222222   block 2 on main   1970-01-01 00:00:00   1 transaction',
    '   decided by the contract: both sides had changed the row',
    '   and left it as it was on this side',
    '1111111   block 1 on main   1970-01-01 00:00:00   1 transaction',
    '   fffffff   ada   bank.pay',
    ' ~ alice   balance   10 → 7',
  ]);
});
