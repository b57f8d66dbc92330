/**
 * What the tests of the contract layer work with: contracts, calls, and states that keep step with an engine.
 */
import type { CallOutcome, EngineCall } from '../../src/contract/engine.ts';
import { contractOf } from '../../src/contract/gate.ts';
import { encodeManifest, manifestOf } from '../../src/contract/manifest.ts';
import { AergoError } from '../../src/errors.ts';
import type { Oid } from '../../src/object/oid.ts';
import { ObjectBuffer, type ObjectSource } from '../../src/object/source.ts';
import type { Row } from '../../src/state/row.ts';
import { State } from '../../src/state/state.ts';
import { emptyState, updateState } from '../../src/state/state-update.ts';
import { buildTable, updateTable } from '../../src/state/table.ts';

/** The paper's example, letter for letter (docs: contracts). */
export const paperExample = `CREATE TABLE IF NOT EXISTS accounts (
    owner   VARCHAR NOT NULL PRIMARY KEY,
    balance NUMERIC(15, 2)
);

CREATE OR REPLACE FUNCTION transfer(sender text, recipient text, amount numeric(15, 2))
RETURNS text AS $$
DECLARE
    sender_bal numeric;
BEGIN
    SELECT balance INTO sender_bal FROM accounts WHERE owner = sender;
    IF NOT FOUND THEN RETURN 'Sender not found'; END IF;
    IF sender_bal < amount THEN RETURN 'Not enough balance'; END IF;
    UPDATE accounts SET balance = balance + amount WHERE owner = recipient;
    IF NOT FOUND THEN RETURN 'Receiver not found'; END IF;
    UPDATE accounts SET balance = balance - amount WHERE owner = sender;
    RETURN 'OK';
END
$$;
`;

/** The example with a way to open accounts. */
export const bank = `${paperExample}
CREATE FUNCTION open_account(who text, amount numeric(15, 2)) RETURNS void AS $$
BEGIN INSERT INTO accounts VALUES (who, amount); END $$;
`;

export const author = `ed25519:${'A'.repeat(43)}`;

let calls = 0;

/** A call of `bank.transfer` or another function, under an id of its own. */
export function call(name: string, ...args: (string | null)[]): EngineCall {
  const [contract = '', fn = ''] = name.split('.');
  calls += 1;
  return { id: calls.toString(16).padStart(64, '0'), author, contract, function: fn, args };
}

const nothing: ObjectSource = {
  has: () => false,
  read: (oid) => {
    throw new AergoError('AERGO_OBJECT_MISSING', `There is no object ${oid}.`);
  },
};

/** States in memory that are brought on as an engine's outcomes say. */
export class States {
  readonly source = new ObjectBuffer(nothing);
  current: Oid = emptyState(this.source);

  async deploy(name: string, source: string): Promise<Oid> {
    const contract = await contractOf(source);
    const manifest = encodeManifest(manifestOf(contract, { author, deploy: 'd'.repeat(64), replaces: null }));
    const tables = new Map(contract.tables.map((table) => [table.name, table.schema]));
    this.current = updateState(this.source, this.current, {
      contracts: new Map([[name, { source, manifest, tables }]]),
    });
    return this.current;
  }

  load(table: string, rows: readonly Row[]): Oid {
    this.current = updateState(this.source, this.current, { rows: new Map([[table, buildTable(this.source, rows)]]) });
    return this.current;
  }

  apply(outcomes: readonly CallOutcome[]): Oid {
    for (const outcome of outcomes) {
      if (outcome.status !== 'ok') continue;
      for (const { table, name, after } of outcome.changes) {
        const found = State.open(this.source, this.current).table(table);
        if (found === undefined) throw new Error(`no table ${table}`);
        const root = updateTable(this.source, found, [{ name, line: after }]);
        this.current = updateState(this.source, this.current, { rows: new Map([[table, root]]) });
      }
    }
    return this.current;
  }

  /** The values of a table's rows, in order. */
  rows(table: string, state: Oid = this.current): string[] {
    return [...State.open(this.source, state).scanRows(table)].map((row) => row.line.trim());
  }
}
