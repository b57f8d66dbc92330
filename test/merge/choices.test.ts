import { afterAll, beforeAll, expect, it } from 'vitest';
import { Engine } from '../../src/contract/engine.ts';
import { canonicalJson, type JsonValue } from '../../src/crypto/canonical-json.ts';
import { choicesInPieces } from '../../src/merge/choices.ts';
import { type ConflictId, conflictId } from '../../src/merge/conflict.ts';
import { ShopStates } from './shop.ts';

let engine: Engine;
let shop: ShopStates;

beforeAll(async () => {
  engine = await Engine.open();
  shop = await ShopStates.make();
});
afterAll(() => engine?.close());

/** People whose names have so many characters, in conflict; chosen as theirs. */
async function pieces(lengths: readonly number[]) {
  const people = (of: (at: number) => string) =>
    shop.of({ people: Object.fromEntries(lengths.map((_, at) => [at + 1, [null, of(at)] as const])) });
  const states = {
    base: people(() => 'base'),
    ours: people(() => 'ours'),
    theirs: people((at) => 'ä'.repeat((lengths[at] ?? 0) / 2)),
  };
  const merge = await shop.begin(engine, states);
  try {
    const chosen = new Map<ConflictId, { row: string | null }>(
      merge.left.map((conflict) => [conflictId(conflict), { row: conflict.theirs }]),
    );
    return await choicesInPieces(engine, merge.left, chosen);
  } finally {
    await merge.abandon();
  }
}

it('choices are as many transactions as they need, each under 1 MiB, and none without need', async () => {
  const found = await pieces([400_000, 400_000, 400_000, 10, 900_000, 20]);
  expect(found.map((choices) => choices.map(({ key }) => key[0]))).toEqual([
    ['1', '2'],
    ['3', '4'],
    ['5', '6'],
  ]);
  for (const choices of found) expect(Buffer.byteLength(canonicalJson(choices as JsonValue))).toBeLessThan(1_040_000);
  expect(await pieces([10, 20, 30])).toHaveLength(1);
});
