/**
 * A merge row by row, worked out in a block of the engine: what one side alone changed is taken, what both changed is for the
 * contract's resolver, what that leaves or what fails a constraint between the sides is for people. Every row is set in
 * the engine with all constraints, so the result holds them. A pure function of the plan, the resolver and the choices.
 */
import type { Engine } from '../contract/engine.ts';
import type { RowViolation } from '../contract/row-violation.ts';
import { AergoError } from '../errors.ts';
import { encodeConflict } from '../ledger/conflict-list.ts';
import { WorkingState } from '../ledger/working-state.ts';
import type { Oid } from '../object/oid.ts';
import type { ObjectBuffer } from '../object/source.ts';
import { keyOfName } from '../state/name.ts';
import { State } from '../state/state.ts';
import type { NodeCache } from '../state/table.ts';
import { readThreeRows, type ThreeStates } from '../state/three-way.ts';
import { type Conflict, type ConflictId, conflictId, namedRows } from './conflict.ts';
import { failedConstraints } from './constraint-conflicts.ts';
import { EngineRows, type PlannedLine, type RowLine } from './engine-rows.ts';
import type { Decision, ResolverCase } from './resolver.ts';
import type { RowPlan } from './row-plan.ts';

export interface RowMergePlace {
  readonly engine: Engine;
  readonly buffer: ObjectBuffer;
  readonly cache: NodeCache;
  /** The block to come; its time is what the clock says. */
  readonly block: { readonly height: number; readonly time_ms: number };
}

/** Who is asked first about conflicts in the tables of one contract. */
export interface AskedFirst {
  readonly contract: string;
  decide(cases: readonly ResolverCase[]): Promise<Decision[]>;
}

/** After so many rounds of holding single rows back, whole contracts are: rows may hang on each other in long chains. */
const roundsOfRows = 16;

export class RowMerge {
  readonly #place: RowMergePlace;
  readonly #plan: RowPlan;
  readonly #rows: EngineRows;
  readonly #start: State;
  readonly #states: Readonly<Record<keyof ThreeStates, State>>;
  /** What the resolver decided. */
  readonly #decided = new Map<ConflictId, string | null>();
  #left: readonly Conflict[] = [];

  private constructor(place: RowMergePlace, plan: RowPlan) {
    this.#place = place;
    this.#plan = plan;
    const open = (state: Oid) => State.open(place.buffer, state, place.cache);
    const { base, ours, theirs } = plan.states;
    this.#start = open(plan.start);
    this.#states = { base: open(base), ours: open(ours), theirs: open(theirs) };
    this.#rows = new EngineRows(place.engine, this.#start);
  }

  /**
   * Begins a block in the engine and settles what needs no people. `abandon`, or `complete` and `engine.finish`, must follow.
   * @throws AergoError AERGO_MERGE_UNDECIDED where the resolver does not end; then the block is abandoned
   */
  static async begin(place: RowMergePlace, plan: RowPlan, first?: AskedFirst): Promise<RowMerge> {
    await place.engine.moveTo(place.buffer, plan.start);
    await place.engine.begin(place.block);
    const merge = new RowMerge(place, plan);
    try {
      await merge.#settle(first);
      return merge;
    } catch (error) {
      await merge.abandon();
      throw error;
    }
  }

  /** The conflicts that are people's, in table and name order. */
  get left(): readonly Conflict[] {
    return this.#left;
  }

  /** How many conflicts the contract settled. */
  get byContract(): number {
    return this.#decided.size;
  }

  /** Takes everything back. The engine stands on our state. */
  async abandon(): Promise<void> {
    const { engine, buffer } = this.#place;
    await engine.abandon();
    if (this.#plan.start !== this.#plan.states.ours) await engine.moveTo(buffer, this.#plan.states.ours);
  }

  async #settle(first: AskedFirst | undefined): Promise<void> {
    await this.#setOneSided();
    const cases = first === undefined ? [] : this.#casesOf(first.contract);
    const decisions = cases.length === 0 ? [] : ((await first?.decide(cases)) ?? []);
    const reasons = new Map<ConflictId, string>();
    for (const [at, one] of cases.entries()) {
      const decision = decisions[at];
      if (decision === undefined) continue;
      if ('left' in decision) reasons.set(conflictId(one), decision.left);
      else this.#decided.set(conflictId(one), decision.line);
    }
    const left = this.#undecided(reasons);
    // A decision that is taken back gives way to ours or theirs, and these may fail with other rows.
    while (this.#leave(left, await this.#violations()));
    this.#left = inOrder([...left.values()]);
  }

  /** Sets what one side alone changed, and conflicting rows as ours; what fails a constraint by that is held back. */
  async #setOneSided(): Promise<void> {
    let rows: readonly PlannedLine[] = this.#wanted('ours');
    for (let round = 1; ; round += 1) {
      const violations = await this.#rows.set(rows);
      if (violations.length === 0) return;
      const involved = new Set(
        violations.flatMap((one) => one.rows.map(([table, name]) => conflictId({ table, name }))),
      );
      const contracts = new Set(violations.map(({ table }) => contractOf(table)));
      const others = rows.filter((row) => !involved.has(conflictId(row)));
      const isEnough = round < roundsOfRows && others.length < rows.length;
      rows = isEnough ? others : rows.filter(({ table }) => !contracts.has(contractOf(table)));
    }
  }

  /**
   * The constraints that fail once all is set: with what both changed and people decide as ours, and as theirs. Whichever
   * they choose, the rows that it may stand in the way of are then theirs to choose too.
   */
  async #violations(): Promise<RowViolation[]> {
    const found = new Map<string, RowViolation>();
    const isLeft = this.#plan.conflicts.length > this.#decided.size;
    for (const side of isLeft ? (['ours', 'theirs'] as const) : (['ours'] as const)) {
      for (const violation of await this.#rows.set(this.#wanted(side))) {
        const { table, kind, constraint, rows } = violation;
        found.set([table, kind, constraint, ...rows.map((row) => row.join(' '))].join('\n'), violation);
      }
    }
    return [...found.keys()].sort().map((text) => found.get(text) as RowViolation);
  }

  /** All rows as they are to be where nothing stands in the way; what is left to people as on one side. */
  #wanted(side: 'ours' | 'theirs'): PlannedLine[] {
    const { conflicts, oneSided, taken } = this.#plan;
    const rows = conflicts.map(({ table, name, ...lines }): PlannedLine => {
      const decided = this.#decided.get(conflictId({ table, name }));
      const first = taken.has(contractOf(table)) ? lines.theirs : lines.ours;
      return { table, name, first, line: decided === undefined ? lines[side] : decided };
    });
    return [...oneSided, ...rows];
  }

  #casesOf(contract: string): ResolverCase[] {
    return this.#plan.conflicts
      .filter(({ table }) => contractOf(table) === contract)
      .map((row) => ({ ...row, key: this.#keyOf(row) }));
  }

  #keyOf({ table, name }: { table: string; name: string }): string[] {
    const schema = this.#start.table(table)?.schema;
    if (schema === undefined)
      throw new AergoError('AERGO_INTERNAL', `a row of ${table}, which is not there, conflicts`);
    return keyOfName(schema, name);
  }

  /** The conflicts that the resolver did not decide. */
  #undecided(reasons: ReadonlyMap<ConflictId, string>): Map<ConflictId, Conflict> {
    const left = new Map<ConflictId, Conflict>();
    for (const row of this.#plan.conflicts) {
      const id = conflictId(row);
      if (this.#decided.has(id)) continue;
      const reason = reasons.get(id);
      left.set(id, { kind: 'row', ...row, key: this.#keyOf(row), ...(reason === undefined ? {} : { left: reason }) });
    }
    return left;
  }

  /** Leaves the rows of violations to people. @returns whether the resolver had decided one of them */
  #leave(left: Map<ConflictId, Conflict>, violations: readonly RowViolation[]): boolean {
    const { buffer, cache } = this.#place;
    const known = new Map(this.#plan.conflicts.map((row) => [conflictId(row), row]));
    let hadDecided = false;
    for (const [id, { row, failed }] of failedConstraints(buffer, cache, this.#plan.states, violations)) {
      if (left.has(id)) continue;
      const [table, name] = row;
      const rows = known.get(id) ?? { table, name, ...readThreeRows(this.#states, table, name) };
      left.set(id, { kind: 'constraint', ...rows, key: this.#keyOf(rows), failed });
      hadDecided = this.#decided.delete(id) || hadDecided;
    }
    return hadDecided;
  }

  /**
   * Ends the merge in the engine with what people chose for each conflict that is left.
   * @param chosen the line to have, null for no row, of every conflict in `left` and no other
   * @returns the state, and the list of all conflicts for the block (conflict-list.ts)
   * @throws AergoError AERGO_MERGE_CONSTRAINT where the chosen rows cannot stand together; the block goes on
   */
  async complete(chosen: ReadonlyMap<ConflictId, string | null>): Promise<{ state: Oid; conflicts: string[] }> {
    const isChosen = (row: RowLine) => chosen.has(conflictId(row));
    const rows = this.#wanted('ours').filter((row) => !isChosen(row));
    const choices = this.#left.map(({ table, name }): RowLine => {
      const line = chosen.get(conflictId({ table, name }));
      if (line === undefined) throw new AergoError('AERGO_INTERNAL', `nothing is chosen for ${table} ${name}`);
      return { table, name, line };
    });
    const violations = await this.#rows.set([...rows, ...choices]);
    if (violations.length > 0) throw this.#chosenRowsFail(violations);
    const { buffer, cache } = this.#place;
    const state = new WorkingState(buffer, this.#plan.start, cache);
    for (const { table, name, line } of this.#rows.changed()) state.write(table, name, line);
    return { state: state.settle().state, conflicts: this.#conflictLines(chosen) };
  }

  #chosenRowsFail(violations: readonly RowViolation[]): AergoError {
    const told = violations.map((one) => ({ ...one, count: one.rows.length, rows: one.rows.slice(0, namedRows) }));
    const [first] = told;
    const rows = (first?.rows ?? []).map(([table, name]) => `${table} ${this.#keyOf({ table, name }).join(' ')}`);
    const others = (first?.count ?? 0) - rows.length;
    if (others > 0) rows.push(`${others} other rows`);
    const more = violations.length > 1 ? `, and ${violations.length - 1} more` : '';
    const what = `${first?.constraint || first?.kind} of ${first?.table}`;
    return new AergoError('AERGO_MERGE_CONSTRAINT', `${what} does not hold for ${rows.join(', ')}${more}`, {
      hint: 'aergo resolve --list',
      details: { violations: told },
    });
  }

  #conflictLines(chosen: ReadonlyMap<ConflictId, string | null>): string[] {
    const settled = [
      ...this.#plan.conflicts
        .filter((row) => this.#decided.has(conflictId(row)))
        .map((row) => ({
          ...row,
          key: this.#keyOf(row),
          by: 'contract' as const,
          result: this.#decided.get(conflictId(row)) ?? null,
        })),
      ...this.#left.map(({ table, name, key, base, ours, theirs }) => {
        const result = chosen.get(conflictId({ table, name })) ?? null;
        return { table, name, key: [...key], base, ours, theirs, by: 'person' as const, result };
      }),
    ];
    return inOrder(settled).map(encodeConflict);
  }
}

const contractOf = (table: string): string => table.slice(0, table.indexOf('.'));

function inOrder<R extends { readonly table: string; readonly name: string }>(rows: R[]): R[] {
  return rows.sort((a, b) => {
    if (a.table !== b.table) return a.table < b.table ? -1 : 1;
    return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
  });
}
