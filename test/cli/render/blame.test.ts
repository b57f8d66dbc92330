import { expect, test } from 'vitest';
import type { BlamedRow, ValueOrigin } from '../../../src/cli/face.ts';
import { plainStyle } from '../../../src/cli/output.ts';
import { blameLines } from '../../../src/cli/render/blame.ts';
import type { KeyId } from '../../../src/crypto/key.ts';
import { parseOid } from '../../../src/object/oid.ts';

const idOf = (digit: string) => parseOid(digit.repeat(64));
const writer = (digit: string, description: string, name?: string) => ({
  transaction: idOf(digit) as never,
  author: `ed25519:${'A'.repeat(43)}` as KeyId,
  description,
  ...(name === undefined ? {} : { name }),
});
const block = { id: idOf('b'), height: 3, branch: 'main', time: 0 };
const by = (...transactions: ReturnType<typeof writer>[]): ValueOrigin => ({ block, transactions });

async function linesOf(...rows: BlamedRow[]): Promise<string[]> {
  const lines: string[] = [];
  const all = async function* () {
    yield* rows;
  };
  for await (const line of blameLines('bank.accounts', all(), plainStyle)) lines.push(line);
  return lines;
}

test('a column has its value, the transaction, who signed it, and where; long values are cut, nothing moves the cursor', async () => {
  const lines = await linesOf({
    key: ['al\u001bice'],
    columns: [
      { column: 'owner', value: 'al\u001bice', origin: by(writer('1', 'bank.open alice', 'ada')) },
      { column: 'note', value: 'x'.repeat(60), origin: by(writer('2', 'bank.note alice')) },
      { column: 'phone', value: null, origin: by(writer('1', 'a'), writer('2', 'b')) },
    ],
  });
  expect(lines).toEqual([
    'bank.accounts al\\u{1b}ice',
    `  owner   al\\u{1b}ice${' '.repeat(29)}   1111111   ada             block 3 on main   bank.open alice`,
    `  note    ${'x'.repeat(39)}…   2222222   ed25519:AAAA…   block 3 on main   bank.note alice`,
    `  phone   NULL${' '.repeat(36)}                             block 3 on main   one of 1111111, 2222222`,
  ]);
});

test('below a value that a merge decided stands what it took, as deep as merges follow each other', async () => {
  const decided: ValueOrigin = {
    ...by(),
    decision: {
      by: 'contract',
      resolver: 'bank.resolve',
      source: 'side',
      took: 'new',
      from: [
        { side: 'ours', value: '7', origin: by(writer('1', 'bank.pay', 'ada')) },
        {
          side: 'theirs',
          value: '8',
          origin: {
            ...by(writer('3', 'resolve 1', 'bob')),
            decision: { by: 'person', source: 'far', took: 'base', from: [{ side: 'base', value: '8' }] },
          },
        },
      ],
    },
  };
  expect(await linesOf({ key: ['a'], columns: [{ column: 'n', value: '9', origin: decided }] })).toEqual([
    'bank.accounts a',
    '  n          9   bbbbbbb         block 3 on main   merge of side: bank.resolve made a new value of both',
    '    ours     7   1111111   ada   block 3 on main   bank.pay',
    '    theirs   8   3333333   bob   block 3 on main   merge of far: bob took the base',
    '      base   8',
  ]);
});
