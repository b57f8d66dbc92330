/** Payments between a bank's accounts: signed by a hundred authors beforehand, and the balances that they must leave. */
import { accountName, authors, type Bank, keyOf, randomNumbers } from './setup.ts';

export interface Payment {
  readonly sender: string;
  readonly recipient: string;
  readonly cents: number;
}

/** Payments of 0.01 to 9.99 between accounts chosen at random. */
export function randomPayments(count: number, accounts: number, seed: number): Payment[] {
  const random = randomNumbers(seed);
  return Array.from({ length: count }, () => {
    const from = random(accounts);
    const to = (from + 1 + random(accounts - 1)) % accounts;
    return { sender: accountName(from), recipient: accountName(to), cents: 1 + random(999) };
  });
}

export const argumentsOf = ({ sender, recipient, cents }: Payment): string[] => [
  sender,
  recipient,
  (cents / 100).toFixed(2),
];

/** The lines of signed transactions, the authors in turn. */
export function signPayments({ repository }: Bank, payments: readonly Payment[], branch?: string): string[] {
  return payments.map((payment, index) => {
    const author = authors[index % authors.length] ?? keyOf('author 0');
    return repository.sign(
      { kind: 'call', contract: 'bank', function: 'transfer', args: argumentsOf(payment) },
      author,
      branch,
    );
  });
}

/** Balances in cents, as payments leave them when every one takes effect. */
export function balancesAfter(
  accounts: number,
  openingCents: number,
  payments: Iterable<Payment>,
): Map<string, number> {
  const balances = new Map<string, number>();
  for (let index = 0; index < accounts; index++) balances.set(accountName(index), openingCents);
  for (const { sender, recipient, cents } of payments) {
    balances.set(sender, (balances.get(sender) ?? 0) - cents);
    balances.set(recipient, (balances.get(recipient) ?? 0) + cents);
  }
  return balances;
}

/** How many accounts have another balance at a revision than they should. */
export async function wrongBalances(
  { repository }: Bank,
  expected: ReadonlyMap<string, number>,
  at = '@',
): Promise<number> {
  let rows = 0;
  let wrong = 0;
  for await (const { row } of repository.scan('bank.accounts', at)) {
    rows++;
    if (Math.round(Number(row.balance) * 100) !== expected.get(row.owner ?? '')) wrong++;
  }
  return wrong + Math.abs(expected.size - rows);
}
