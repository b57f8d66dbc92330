/** The bank whose contract settles conflicts: balances are the base's and both changes; closed accounts are for people. */
import { bankSource, type TestRepository } from './repository.ts';

export const additiveSource = `${bankSource}
CREATE FUNCTION close_account(owner text) RETURNS void AS $$
BEGIN
    DELETE FROM accounts WHERE accounts.owner = close_account.owner;
END
$$;

CREATE FUNCTION settle(table_name text, key jsonb, base jsonb, ours jsonb, theirs jsonb) RETURNS jsonb AS $$
BEGIN
    IF ours IS NULL OR theirs IS NULL THEN RAISE EXCEPTION '% is closed on one side', key->>0; END IF;
    RETURN jsonb_build_object('owner', key->>0, 'balance', (
        (ours->>'balance')::numeric + (theirs->>'balance')::numeric - coalesce((base->>'balance')::numeric, 0))::text);
END
$$;
`;

/** Deploys it and opens accounts, in one block. */
export async function withAdditiveBank(
  { repository, admin }: TestRepository,
  balances: Readonly<Record<string, string>>,
  source = additiveSource,
): Promise<void> {
  await repository.deploy({ name: 'bank', source, key: admin });
  const lines = Object.entries(balances).map((args) =>
    JSON.stringify({ args, contract: 'bank', function: 'open_account', kind: 'call' }),
  );
  await repository.submit(lines, { sealer: admin, key: admin });
}

/** `alice 1.00, bob 2.00`: all balances at a revision. */
export async function balancesOf({ repository }: TestRepository, at?: string): Promise<string> {
  const found: string[] = [];
  for await (const { row } of repository.scan('bank.accounts', at)) found.push(`${row.owner} ${row.balance}`);
  return found.join(', ');
}
