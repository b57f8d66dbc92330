/** A contract with every kind of constraint and a resolver, and states of it in memory, for the tests of merges row by row. */
import type { Engine } from '../../src/contract/engine.ts';
import { askResolver } from '../../src/merge/resolver.ts';
import { RowMerge } from '../../src/merge/row-merge.ts';
import { planOfRows } from '../../src/merge/row-plan.ts';
import type { Oid } from '../../src/object/oid.ts';
import { rowShape } from '../../src/state/row-shape.ts';
import { State } from '../../src/state/state.ts';
import { updateState } from '../../src/state/state-update.ts';
import { buildTable, NodeCache } from '../../src/state/table.ts';
import type { ThreeStates } from '../../src/state/three-way.ts';
import { States } from '../contract/workbench.ts';

/** `settle` adds amounts; takes a person's ours where theirs has none; deletes who both renamed to "gone"; leaves the rest. `alike` does not ask who is ours. */
export const shopSource = `
CREATE TABLE people (
    id   int4 PRIMARY KEY,
    mail text UNIQUE,
    name text NOT NULL CHECK (name <> '')
);
CREATE TABLE orders (
    id     int4 PRIMARY KEY,
    who    int4 NOT NULL REFERENCES people,
    amount numeric(15,2) NOT NULL,
    twice  numeric(15,2) GENERATED ALWAYS AS (amount * 2) STORED
);
CREATE FUNCTION settle(t text, key jsonb, base jsonb, ours jsonb, theirs jsonb) RETURNS jsonb AS $$
BEGIN
    IF t = 'shop.orders' AND ours IS NOT NULL AND theirs IS NOT NULL THEN
        RETURN ours || jsonb_build_object('amount',
            ((ours->>'amount')::numeric + (theirs->>'amount')::numeric - coalesce((base->>'amount')::numeric, 0))::text);
    END IF;
    IF theirs->>'name' = 'gone' THEN RETURN NULL; END IF;
    IF theirs->>'name' = 'odd' THEN RETURN '[1]'::jsonb; END IF;
    IF theirs->>'name' = 'empty' THEN RETURN ours || '{"name": ""}'::jsonb; END IF;
    IF theirs->>'name' = 'other' THEN RETURN ours || '{"id": "77"}'::jsonb; END IF;
    IF theirs->>'name' = 'number' THEN RETURN ours || '{"name": 5}'::jsonb; END IF;
    IF theirs->>'name' = 'less' THEN RETURN ours - 'mail'; END IF;
    IF theirs->>'name' = 'theirs' THEN RETURN theirs; END IF;
    RAISE EXCEPTION 'who is % now?', key->>0;
END
$$;
CREATE FUNCTION alike(t text, key jsonb, base jsonb, ours jsonb, theirs jsonb) RETURNS jsonb AS $$
BEGIN
    IF ours IS NULL OR theirs IS NULL THEN RETURN NULL; END IF;
    IF t = 'shop.orders' AND ours->>'who' = theirs->>'who' THEN RETURN settle(t, key, base, ours, theirs); END IF;
    RETURN CASE WHEN ours::text > theirs::text THEN ours ELSE theirs END;
END
$$;
`;

/** People by id: mail and name. Orders by id: who and amount. */
export interface Shop {
  readonly people?: Readonly<Record<number, readonly [mail: string | null, name: string]>>;
  readonly orders?: Readonly<Record<number, readonly [who: number, amount: number]>>;
}

export class ShopStates {
  readonly states = new States();
  readonly cache = new NodeCache();
  #empty: Oid | undefined;

  static async make(source = shopSource): Promise<ShopStates> {
    const shop = new ShopStates();
    shop.#empty = await shop.states.deploy('shop', source);
    return shop;
  }

  get source() {
    return this.states.source;
  }

  /** A state with these rows, over another one's contracts where that is given. */
  of({ people = {}, orders = {} }: Shop, over = this.#empty): Oid {
    if (over === undefined) throw new Error('the contract is not deployed');
    const state = State.open(this.source, over);
    const root = (table: string, rows: readonly (readonly (string | null)[])[]) => {
      const schema = state.table(table)?.schema;
      if (schema === undefined) throw new Error(`there is no table ${table}`);
      const lines = rows.map((texts) => rowShape(schema).row(texts));
      return [
        table,
        buildTable(
          this.source,
          lines.sort((a, b) => (a.name < b.name ? -1 : 1)),
        ),
      ] as const;
    };
    const money = (amount: number) => amount.toFixed(2);
    const rows = new Map([
      root(
        'shop.people',
        Object.entries(people).map(([id, [mail, name]]) => [id, mail, name]),
      ),
      root(
        'shop.orders',
        Object.entries(orders).map(([id, [who, amount]]) => [id, String(who), money(amount), money(2 * amount)]),
      ),
    ]);
    return updateState(this.source, over, { rows });
  }

  /** The rows of a state as `of` takes them. */
  contentOf(oid: Oid): Shop {
    const state = State.open(this.source, oid);
    const rows = (table: string) =>
      [...state.scanRows(table)].map(({ line }) => JSON.parse(line) as Record<string, string>);
    return {
      people: Object.fromEntries(rows('shop.people').map(({ id, mail, name }) => [id, [mail ?? null, name ?? '']])),
      orders: Object.fromEntries(rows('shop.orders').map(({ id, who, amount }) => [id, [Number(who), Number(amount)]])),
    };
  }

  /** Begins a merge. @param asks the contract's function that is asked first */
  begin(engine: Engine, states: ThreeStates, asks?: 'settle' | 'alike'): Promise<RowMerge> {
    const place = { engine, buffer: this.source, cache: this.cache, block: { height: 1, time_ms: 0 } };
    const plan = planOfRows(this.source, states, this.cache, asks === undefined ? undefined : 'shop');
    if (asks === undefined) return RowMerge.begin(place, plan);
    const resolver = { contract: 'shop', function: asks };
    return RowMerge.begin(place, plan, {
      contract: 'shop',
      decide: (cases) => askResolver(engine, resolver, cases),
    });
  }
}
