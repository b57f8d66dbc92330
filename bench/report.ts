/**
 * What a workload says: figures that each stand beside a reference measured in the same run, counts that depend on no
 * machine, and results that must hold. A time is never told alone.
 */

export interface Target {
  readonly limit: number;
  readonly is: 'at least' | 'at most';
  /** The limit is one on the ratio, not on the figure. */
  readonly of?: 'ratio';
}

export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly reference: { readonly what: string; readonly value: number };
  readonly target?: Target;
}

export class Report {
  #missed = 0;

  heading(name: string, purpose: string): void {
    this.#line(`\n${name}: ${purpose}`);
  }

  /** A figure as a ratio to its reference, in the same unit. */
  figure({ what, value, unit, reference, target }: Figure): void {
    const ratio = value / reference.value;
    const told = `  ${what}: ${readable(value)} ${unit} = ${readable(ratio)} × ${reference.what} (${readable(reference.value)} ${unit})`;
    if (target === undefined) {
      this.#line(told);
      return;
    }
    const judged = target.of === 'ratio' ? ratio : value;
    const met = target.is === 'at least' ? judged >= target.limit : judged <= target.limit;
    if (!met) this.#missed++;
    const wanted = `${target.is} ${readable(target.limit)}${target.of === 'ratio' ? ' ×' : ` ${unit}`}`;
    this.#line(`${told}; wanted ${wanted}: ${met ? 'met' : 'MISSED'}`);
  }

  /** A count that is the same on every machine, or memory and bytes. */
  count(what: string, value: number, unit: string): void {
    this.#line(`  ${what}: ${readable(value)} ${unit}`);
  }

  /** Where the time of a run went, in shares of it. */
  shares(what: string, shares: ReadonlyMap<string, number>): void {
    const whole = [...shares.values()].reduce((sum, share) => sum + share, 0);
    const told = [...shares]
      .sort(([, a], [, b]) => b - a)
      .map(([name, share]) => [name, Math.round((100 * share) / whole)] as const)
      .filter(([, percent]) => percent > 0)
      .map(([name, percent]) => `${name} ${percent} %`);
    this.#line(`  ${what}: ${told.join(', ')}`);
  }

  /** A result that must hold whatever the time. @throws Error when it does not */
  holds(what: string, found: unknown, expected: unknown): void {
    if (found !== expected) throw new Error(`${what}: expected ${String(expected)}, found ${String(found)}`);
    this.#line(`  holds: ${what}`);
  }

  /** How many targets were missed. */
  get missed(): number {
    return this.#missed;
  }

  #line(text: string): void {
    process.stdout.write(`${text}\n`);
  }
}

function readable(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 3;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}

/** The middle value; the mean of the two middle ones of an even number. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

/** Milliseconds that some work takes. */
export async function timed(work: () => unknown): Promise<number> {
  return (await measured(work)).time_ms;
}

/** Milliseconds on the clock, and of the processors in all threads: the latter say more where the machine is busy. */
export async function measured(work: () => unknown): Promise<{ time_ms: number; processor_ms: number }> {
  const processor = process.cpuUsage();
  const begin = performance.now();
  await work();
  const time_ms = performance.now() - begin;
  const { user, system } = process.cpuUsage(processor);
  return { time_ms, processor_ms: (user + system) / 1_000 };
}

/** The medians of the times of several works, done in turn, after one round that does not count. */
export async function inTurn<Name extends string>(
  rounds: number,
  works: Readonly<Record<Name, (round: number) => unknown>>,
): Promise<Record<Name, number>> {
  const times = new Map<string, number[]>();
  for (let round = -1; round < rounds; round++) {
    for (const [name, work] of Object.entries<(round: number) => unknown>(works)) {
      const time = await timed(() => work(round));
      if (round >= 0) times.set(name, [...(times.get(name) ?? []), time]);
    }
  }
  return Object.fromEntries([...times].map(([name, taken]) => [name, median(taken)])) as Record<Name, number>;
}
