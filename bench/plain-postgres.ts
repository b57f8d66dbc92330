/** The reference without a ledger: the same table and function in PGlite as it comes, in memory, on the main thread. */
import { PGlite } from '@electric-sql/pglite';
import { argumentsOf, type Payment } from './payments.ts';
import { bankSource } from './setup.ts';

/** Runs a batch of transfers, each in a subtransaction of its own, as the engine's driver does. */
const driver = `
CREATE FUNCTION run_all(senders text[], recipients text[], amounts text[]) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    done integer := 0;
BEGIN
    FOR at IN 1 .. array_length(senders, 1) LOOP
        BEGIN
            PERFORM transfer(senders[at], recipients[at], amounts[at]::numeric(15,2));
            done := done + 1;
        EXCEPTION WHEN raise_exception THEN NULL;
        END;
    END LOOP;
    RETURN done;
END
$$;
`;

const batch = 250;

export class PlainPostgres {
  readonly #server: PGlite;

  private constructor(server: PGlite) {
    this.#server = server;
  }

  static async open(): Promise<PlainPostgres> {
    const server = await PGlite.create();
    await server.exec(bankSource + driver);
    return new PlainPostgres(server);
  }

  /** COPY of rows with the table's key and constraints. */
  async copy(rows: Iterable<readonly string[]>): Promise<void> {
    const text: string[] = [];
    for (const row of rows) text.push(row.join('\t'), '\n');
    await this.#server.query("COPY accounts (owner, balance) FROM '/dev/blob'", [], {
      blob: new Blob([text.join('')]),
    });
  }

  /** Runs payments in batches of the engine's size; gives how many took effect. */
  async pay(payments: readonly Payment[]): Promise<number> {
    let done = 0;
    for (let at = 0; at < payments.length; at += batch) {
      const args = payments.slice(at, at + batch).map(argumentsOf);
      const columns = [0, 1, 2].map((column) => args.map((values) => values[column]));
      const { rows } = await this.#server.query<{ done: number }>('SELECT run_all($1, $2, $3) AS done', columns);
      done += rows[0]?.done ?? 0;
    }
    return done;
  }

  /** Number of accounts and sum of their balances in cents. */
  async totals(): Promise<{ accounts: number; cents: number }> {
    const { rows } = await this.#server.query<{ accounts: number; cents: number }>(
      'SELECT count(*)::integer AS accounts, (sum(balance) * 100)::float8 AS cents FROM accounts',
    );
    return rows[0] ?? { accounts: 0, cents: 0 };
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}
