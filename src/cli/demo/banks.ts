/**
 * The demo's data: from the Berka files (fixtures/berka/README.md has the rules in words) to the files that the demo
 * imports and submits. Pure: texts in, texts out.
 */

export interface BerkaFiles {
  readonly accounts: string;
  readonly districts: string;
  readonly orders: string;
}

/** A bank of the ledger: it signs with the key of its own name. */
export interface Bank {
  readonly name: string;
  readonly title: string;
  /** The regions of `districts.tsv` whose accounts it keeps. */
  readonly regions: readonly string[];
}

export const banks: readonly Bank[] = [
  { name: 'prague', title: 'Bank of Prague', regions: ['Prague', 'Central Bohemia'] },
  {
    name: 'bohemia',
    title: 'Bank of Bohemia',
    regions: ['West Bohemia', 'South Bohemia', 'North Bohemia', 'East Bohemia'],
  },
  { name: 'moravia', title: 'Bank of Moravia', regions: ['North Moravia', 'South Moravia'] },
];

/** The three runs of payments, by the orders' purposes: what the day begins with, what is tried on a branch, what comes between. */
export const runs = {
  regular: ['HH', ''],
  insurance: ['IN'],
  instalments: ['LO', 'LE'],
} as const satisfies Record<string, readonly string[]>;

export type RunName = keyof typeof runs;
export const runNames: readonly RunName[] = ['regular', 'insurance', 'instalments'];

interface Order {
  readonly order: string;
  readonly account: string;
  readonly toBank: string;
  readonly toAccount: string;
  readonly cents: number;
  readonly purpose: string;
}

const withoutOrders_cents = 10_000;
/** Of the accounts that pay an insurance and an instalment, those whose number is a multiple of this are short. */
const shortEvery = 20;

/** An account that can pay its insurance or its instalment, but not both. */
export interface ShortAccount {
  readonly account: string;
  readonly bank: string;
  /** Where its insurance goes. */
  readonly toBank: string;
}

export interface DemoData {
  /** `account TAB bank TAB balance` a line, without a header: all accounts, then the clearing accounts. */
  readonly accounts: string;
  /** The banks that only receive. */
  readonly receivers: readonly string[];
  readonly shortAccounts: readonly ShortAccount[];
  /** What `submit` reads: the orders of a run whose senders are at the bank, unsigned, one a line. */
  orders(run: RunName, bank: Bank): string;
}

/** Derives all of it. @throws Error where the files are not as their README says */
export function deriveDemoData(files: BerkaFiles): DemoData {
  const bankOf = bankOfAccounts(files);
  const orders = rowsOf(files.orders).map(readOrder);
  const ordersOf = Map.groupBy(orders, (order) => order.account);
  const receivers = [...new Set(orders.map((order) => order.toBank))].sort();
  const opened = [...bankOf].map(([account, bank]) => [account, bank, amount(openingOf(ordersOf.get(account) ?? []))]);
  const clearing = receivers.map((bank) => [`clearing-${bank}`, bank, amount(0)]);
  const shortAccounts = [...ordersOf].flatMap(([account, own]) =>
    isShort(own) ? [{ account, bank: bankOf.get(account) ?? '', toBank: own.find(isInsurance)?.toBank ?? '' }] : [],
  );
  return {
    accounts: lines([...opened, ...clearing].map((fields) => fields.join('\t'))),
    receivers,
    shortAccounts,
    orders: (run, bank) =>
      lines(
        orders
          .filter((order) => purposesOf(run).includes(order.purpose) && bankOf.get(order.account) === bank.name)
          .map(asCall),
      ),
  };
}

/** The banks' table as CSV with a header: ours with their keys, then those that only receive. */
export function banksCsv(keys: ReadonlyMap<string, string>, receivers: readonly string[]): string {
  const ours = banks.map(({ name, title }) => [name, title, keys.get(name) ?? '']);
  const others = receivers.map((name) => [name, `Bank ${name}`, '']);
  return lines([['bank', 'name', 'key'], ...ours, ...others].map((fields) => fields.join(',')));
}

function bankOfAccounts({ accounts, districts }: BerkaFiles): Map<string, string> {
  const bankOfRegion = new Map(banks.flatMap(({ name, regions }) => regions.map((region) => [region, name])));
  const bankOfDistrict = new Map(
    rowsOf(districts).map(([district = '', , region = '']) => [district, bankOfRegion.get(region)]),
  );
  return new Map(
    rowsOf(accounts).map(([account = '', district = '']) => {
      const bank = bankOfDistrict.get(district);
      if (bank === undefined) throw new Error(`account ${account} is in district ${district}, which no bank has`);
      return [account, bank];
    }),
  );
}

function readOrder([order = '', account = '', toBank = '', toAccount = '', sum = '', purpose = '']: string[]): Order {
  const found = /^(\d*)\.(\d\d)$/.exec(sum);
  if (found === null) throw new Error(`order ${order} has the amount ${sum}`);
  const cents = Number(found[1]) * 100 + Number(found[2]);
  return { order, account, toBank, toAccount, cents, purpose: purpose.trim() };
}

/** Enough for all orders of the account; where it is short, the cheaper of its insurances and instalments is missing. */
function openingOf(orders: readonly Order[]): number {
  if (orders.length === 0) return withoutOrders_cents;
  const total = orders.reduce((sum, order) => sum + order.cents, 0);
  if (!isShort(orders)) return total;
  return (
    total - Math.min(...orders.filter((order) => isInsurance(order) || isInstalment(order)).map(({ cents }) => cents))
  );
}

function isShort(orders: readonly Order[]): boolean {
  return orders.some(isInsurance) && orders.some(isInstalment) && Number(orders[0]?.account) % shortEvery === 0;
}

const isInsurance = ({ purpose }: Order): boolean => purposesOf('insurance').includes(purpose);
const isInstalment = ({ purpose }: Order): boolean => purposesOf('instalments').includes(purpose);
const purposesOf = (run: RunName): readonly string[] => runs[run];

/** A transaction as `submit` takes it to sign: the branch, a nonce, the author and the signature come in there. */
function asCall({ order, account, toBank, toAccount, cents, purpose }: Order): string {
  const args = [order, account, toBank, toAccount, amount(cents), purpose === '' ? null : purpose];
  return JSON.stringify({ kind: 'call', contract: 'bank', function: 'pay', args });
}

const amount = (cents: number): string => `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
const lines = (list: readonly string[]): string => list.map((line) => `${line}\n`).join('');
const rowsOf = (text: string): string[][] =>
  text
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
