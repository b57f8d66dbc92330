/**
 * Calls of functions, with what stands behind them: whether a function changes rows or reads them anew. Judged at the end of
 * the source, when all functions are known: they may call each other in any order.
 */
import type { Findings } from './findings.ts';

/** How what stands at a place is evaluated: once, once a row, or once a row of a statement that changes rows. */
export type CallMode = 'once' | 'row' | 'changing';

/** The mode of what is evaluated as often as the plan has it: once for each of several rows, or not at all. */
export function perRow(mode: CallMode): CallMode {
  return mode === 'once' ? 'row' : mode;
}

export type Volatility = 'volatile' | 'stable' | 'immutable';

interface RecordedFunction {
  changes: boolean;
  reads: boolean;
  /** Whether it asks who calls, or when. */
  asks: boolean;
  readonly volatility: Volatility;
  /** Byte offset in the source; undefined: it stands in another source, which was judged. */
  readonly at: number | undefined;
  readonly calls: Set<string>;
}

interface RecordedCall {
  readonly name: string;
  readonly mode: CallMode;
  /** Byte offset in the source. */
  readonly at: number;
}

export class CallRecord {
  readonly #functions = new Map<string, RecordedFunction>();
  readonly #calls: RecordedCall[] = [];
  #current: RecordedFunction | undefined;

  /** What is noted from now on belongs to this function, until `end`. @param at byte offset in the source */
  begin(name: string, volatility: Volatility, at: number): void {
    this.#current = { changes: false, reads: false, asks: false, volatility, at, calls: new Set() };
    this.#functions.set(name, this.#current);
  }

  /** What is noted from now on belongs to no function. */
  end(): void {
    this.#current = undefined;
  }

  /** Takes over what is known of the functions of another source. */
  learn(other: CallRecord): void {
    for (const [name, known] of other.#functions) this.#functions.set(name, { ...known, at: undefined });
  }

  noteChange(): void {
    if (this.#current !== undefined) this.#current.changes = true;
  }

  noteRead(): void {
    if (this.#current !== undefined) this.#current.reads = true;
  }

  /** Something outside tables that changes from call to call. */
  noteQuestion(): void {
    if (this.#current !== undefined) this.#current.asks = true;
  }

  noteCall(name: string, mode: CallMode, at: number): void {
    this.#current?.calls.add(name);
    this.#calls.push({ name, mode, at });
  }

  /** The functions of other contracts that a function calls, itself or by way of its own contract's, in name order. */
  callsOut(name: string): string[] {
    const seen = new Set([name]);
    for (const known of seen) for (const callee of this.#functions.get(known)?.calls ?? []) seen.add(callee);
    return [...seen].filter((callee) => callee.includes('.')).sort();
  }

  /** Refuses the calls whose effect would depend on the order of rows. */
  judge(findings: Findings): void {
    const changing = this.#spread((fn) => fn.changes);
    const fresh = this.#spread((fn) => fn.reads && fn.volatility === 'volatile');
    const varying = this.#spread((fn) => fn.reads || fn.changes || fn.asks);
    for (const [name, { volatility, at }] of this.#functions) {
      if (at === undefined || volatility !== 'immutable' || !varying.has(name)) continue;
      findings.refuse(
        at,
        `${name}() is IMMUTABLE and yet looks at more than its arguments: a result may be kept from an earlier call`,
        'STABLE',
      );
    }
    for (const { name, mode, at } of this.#calls) {
      if (mode !== 'once' && changing.has(name)) {
        findings.refuse(
          at,
          `${name}() ${this.#functions.has(name) ? 'changes' : 'may change'} rows, and a query would call it once for each of its rows, in an order that nothing fixes`,
          'FOR r IN SELECT … ORDER BY … LOOP, with the call inside the loop',
        );
      } else if (mode === 'changing' && fresh.has(name)) {
        findings.refuse(
          at,
          `${name}() reads tables while the statement changes them, row by row: it would see some of the changes`,
          `CREATE FUNCTION ${name} … STABLE, which sees the rows as they were before the statement`,
        );
      }
    }
  }

  /** The functions for which it holds, and those that call them. A function of another contract may do anything. */
  #spread(holds: (fn: RecordedFunction) => boolean): ReadonlySet<string> {
    const found = new Set<string>();
    for (const [name, fn] of this.#functions) if (holds(fn)) found.add(name);
    for (const { name } of this.#calls) if (!this.#functions.has(name)) found.add(name);
    for (let before = -1; before !== found.size; ) {
      before = found.size;
      for (const [name, fn] of this.#functions) {
        if ([...fn.calls].some((callee) => found.has(callee))) found.add(name);
      }
    }
    return found;
  }
}
