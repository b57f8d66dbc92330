/**
 * An engine that is deliberately another one in everything that no result may depend on: its rows lie in another physical
 * order, its planner is inclined to other plans, and the machine's clock and time zone are others. What comes out
 * differently on it was never determined. Runs in the engine's worker, and only for a verification that asks for it.
 */
import { createHash } from 'node:crypto';
import type { Materialiser } from './materialiser.ts';
import { quoteText } from './names.ts';

/** How an engine is perturbed. */
export interface Perturbation {
  /** Every choice follows from it, so that a run can be repeated. */
  readonly seed: string;
}

/** Pages of a table that is shuffled before every block; one of n times as many is shuffled before each n-th. */
const pagesPerBlock = 128;

/**
 * Settings that the engine pins, or that a machine could have otherwise, and that choose only between plans; each with values
 * of which none is PostgreSQL's own default or all are likely. At most one way to join and one to scan is made unlikely, so
 * that there is always a good plan.
 */
const always: Readonly<Record<string, readonly string[]>> = {
  enable_hashagg: ['on'],
  enable_memoize: ['on'],
  enable_incremental_sort: ['on', 'off'],
  enable_material: ['on', 'off'],
  enable_indexonlyscan: ['on', 'off'],
  enable_sort: ['on', 'off'],
  enable_distinct_reordering: ['on', 'off'],
  enable_group_by_reordering: ['on', 'off'],
  enable_self_join_elimination: ['on', 'off'],
  enable_presorted_aggregate: ['on', 'off'],
  geqo: ['on'],
  geqo_threshold: ['2', '4'],
  geqo_seed: ['0.25', '0.75'],
  from_collapse_limit: ['1', '20'],
  join_collapse_limit: ['1', '20'],
  plan_cache_mode: ['force_generic_plan', 'force_custom_plan'],
  random_page_cost: ['0.01', '1', '100'],
  cpu_tuple_cost: ['0.0001', '1'],
  work_mem: ['64kB', '1MB', '128MB'],
};
const unlikely = [
  ['enable_hashjoin', 'enable_mergejoin', 'enable_nestloop'],
  ['enable_seqscan', 'enable_indexscan', 'enable_bitmapscan'],
];

/** A machine whose clock is years ahead and runs faster, in a time zone of its own: nothing of it may be seen. */
export function shiftMachine({ seed }: Perturbation): void {
  const ahead_ms = (1 + (choice(seed, 'clock') % 50)) * 365 * 86_400_000;
  const zone_min = (choice(seed, 'zone') % (26 * 4)) * 15 - 14 * 60;
  const RealDate = Date;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, values, made) =>
      Reflect.construct(target, values.length === 0 ? [performance.timeOrigin + performance.now()] : values, made),
  });
  RealDate.prototype.getTimezoneOffset = () => zone_min;
  const now = performance.now.bind(performance);
  performance.now = () => now() * 1.25 + ahead_ms;
}

/** The perturbation of one open engine. */
export class Disturbance {
  readonly #materialiser: Materialiser;
  readonly #seed: string;
  #blocks = 0;

  constructor(materialiser: Materialiser, { seed }: Perturbation) {
    this.#materialiser = materialiser;
    this.#seed = seed;
  }

  /** Comes before each block, outside a SQL transaction. */
  disturb(): void {
    this.#blocks += 1;
    const { session } = this.#materialiser;
    const turn = `${this.#seed} ${this.#blocks}`;
    session.execute(`DISCARD PLANS; ${sessionDefaults(turn)}`);
    const tables = this.#tables();
    if (tables.length === 0) return;
    session.execute('BEGIN');
    for (const table of tables) this.#materialiser.shuffle(table, turn);
    session.execute('COMMIT');
    // What was deleted would make every table grow with every block.
    session.execute('VACUUM');
  }

  /** The tables whose turn it is. */
  #tables(): string[] {
    const names = [...this.#materialiser.contracts()].flatMap(([contract, { tables }]) =>
      tables.map(({ name }) => `${contract}.${name}`),
    );
    if (names.length === 0) return [];
    const sizes = this.#materialiser.session.execute(
      `SELECT t, pg_relation_size(t::regclass) / 8192 FROM unnest(ARRAY[${names.map(quoteText).join(', ')}]) AS t`,
    ).rows;
    return sizes.flatMap(([name, pages]) =>
      this.#blocks % Math.max(1, Math.ceil(Number(pages) / pagesPerBlock)) === 0 ? [name ?? ''] : [],
    );
  }
}

/** SQL that gives the session other defaults; the same for the same turn. */
function sessionDefaults(turn: string): string {
  const settings = Object.entries(always).map(([name, values]) => [name, values[choice(turn, name) % values.length]]);
  for (const [at, names] of unlikely.entries()) {
    const chosen = choice(turn, `unlikely ${at}`) % names.length;
    for (const [index, name] of names.entries()) settings.push([name, index === chosen ? 'off' : 'on']);
  }
  return settings.map(([name, value]) => `SET ${name} = '${value}'`).join('; ');
}

/** A number that follows from seed and purpose. */
function choice(seed: string, purpose: string): number {
  return createHash('sha256').update(`${seed}\n${purpose}`).digest().readUInt32BE();
}
