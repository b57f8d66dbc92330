/**
 * Who stands behind the values of rows: for each column the transaction that gave it its value, found by walking back over
 * the blocks that changed the row. Where several transactions of a block wrote the row, the block is run again to tell.
 */
import { AergoError } from '../errors.ts';
import type { Block, BlockId } from '../ledger/block.ts';
import { isHistoryCut } from '../ledger/cut.ts';
import type { RowDecision } from '../ledger/decisions.ts';
import { logicOf, logicOfMerge } from '../ledger/header.ts';
import type { RowReference } from '../ledger/receipt.ts';
import { type RowAfter, rowsDuringBlock } from '../ledger/rerun.ts';
import { revertedBefore } from '../ledger/reverted.ts';
import { type RowStep, RowWalk } from '../ledger/row-walk.ts';
import type { SignedTransaction } from '../ledger/transaction.ts';
import { type RowKey, rowKey, type WrittenRow, writersInBlock } from '../ledger/writers.ts';
import type { ConflictSide } from '../merge/conflict.ts';
import { keyOfName } from '../state/name.ts';
import { decodeRow, type Row, type RowValues } from '../state/row.ts';
import type { TableSchema } from '../state/schema.ts';
import type { RepositoryContext } from './context.ts';
import { nameOfRow, schemaOf } from './read.ts';
import { type BlockSummary, namedWriter, type ValueWriter } from './views.ts';

/** Where a value comes from. */
export interface ValueOrigin {
  readonly block: Pick<BlockSummary, 'id' | 'height' | 'branch' | 'time'>;
  /**
   * The transaction that gave the value; none where the contract decided. Several: one of these, the block's run on this
   * machine did not come to an end that would tell which.
   */
  readonly transactions: readonly ValueWriter[];
  /** The value came with this block or before it: the history of this copy begins there. */
  readonly orBefore?: true;
  /** In an agreed or a rows merge whose sides differed in the column. */
  readonly decision?: ValueDecision;
}

/** How a merge came to a value, and what stands behind the values that it came from. */
export interface ValueDecision {
  readonly by: 'contract' | 'person';
  /** The function that decided for the contract, as `bank.resolve`. */
  readonly resolver?: string;
  /** The branch that was merged. */
  readonly source: string;
  /** Whose value it is; `new`: of neither side. */
  readonly took: ConflictSide | 'new';
  /**
   * What it took; of a new value those of both sides, as far as they had the row. Absent where more merges follow each other
   * than are told: `blame --at` the block tells further.
   */
  readonly from?: readonly SideValue[];
}

export interface SideValue {
  readonly side: ConflictSide;
  readonly value: string | null;
  /** Absent where the merge made its base of several blocks. */
  readonly origin?: ValueOrigin;
}

export interface BlamedColumn {
  readonly column: string;
  readonly value: string | null;
  readonly origin: ValueOrigin;
}

/** A row with what stands behind each of its columns, in the table's order. */
export interface BlamedRow {
  readonly key: readonly string[];
  readonly columns: readonly BlamedColumn[];
}

/** Rows whose way back is walked together: bounds what a table of any size takes of the memory. */
const rowsAtOnce = 50_000;

/**
 * The origins of a row's values, or of all rows of a table in the order of their keys.
 * @param key the key's columns in order; empty: all rows
 * @param at the revision whose rows these are
 * @throws AergoError AERGO_TABLE_UNKNOWN, AERGO_ROW_MISSING
 */
export async function* blame(
  context: RepositoryContext,
  table: string,
  key: readonly string[],
  at = '@',
): AsyncGenerator<BlamedRow> {
  const head = await context.resolve(at);
  const state = await context.stateAt(head);
  const schema = schemaOf(state, table);
  if (key.length > 0) {
    const name = nameOfRow(table, schema, key);
    const line = state.readRow(table, name);
    if (line === undefined) throw noRow(table, key, at);
    yield* await new Blame(context, table, schema).rows(head, [{ name, line }]);
    return;
  }
  let rows: Row[] = [];
  for (const row of state.scanRows(table)) {
    rows.push(row);
    if (rows.length < rowsAtOnce) continue;
    yield* await new Blame(context, table, schema).rows(head, rows);
    rows = [];
  }
  yield* await new Blame(context, table, schema).rows(head, rows);
}

const noRow = (table: string, key: readonly string[], at: string): AergoError =>
  new AergoError('AERGO_ROW_MISSING', `${table} has no row ${key.join(' ')}${at === '@' ? '' : ` at ${at}`}`, {
    hint: `aergo log ${table} ${key.join(' ')}      shows who removed it, if it was there`,
    details: { table, key },
  });

/** A column whose origin is looked for, and where to put it. */
interface Want {
  readonly column: string;
  readonly put: (origin: ValueOrigin) => void;
  /** How many merges' decisions stand above it. */
  readonly depth: number;
}

/** Of so many merges that decided one after the other what they took is told: each may have come from two. */
const decisionsTold = 3;

/** A row of a block with the columns that the block gave their values. */
interface Settled {
  readonly step: RowStep<readonly Want[]>;
  readonly wants: readonly Want[];
}

class Blame {
  readonly #context: RepositoryContext;
  readonly #table: string;
  readonly #schema: TableSchema;
  readonly #walk: RowWalk<readonly Want[]>;

  constructor(context: RepositoryContext, table: string, schema: TableSchema) {
    this.#context = context;
    this.#table = table;
    this.#schema = schema;
    this.#walk = new RowWalk(context, (a, b) => [...a, ...b]);
    this.#walk.onEnd = (block, wants) => {
      const origin = { ...this.#origin(context.reader.block(block), []), orBefore: true } as const;
      for (const { put } of wants) put(origin);
    };
  }

  async rows(head: BlockId, rows: readonly Row[]): Promise<BlamedRow[]> {
    const asked = rows.map(({ name, line }) => {
      const values = decodeRow(line);
      const origins = new Map<string, ValueOrigin>();
      const columns = this.#schema.columns.map((column) => column.name);
      const wants = columns.map((column) => ({
        column,
        depth: 0,
        put: (origin: ValueOrigin) => origins.set(column, origin),
      }));
      this.#walk.follow(head, this.#table, name, wants);
      return { key: keyOfName(this.#schema, name), columns, values, origins };
    });
    let blocks = 0;
    for (const { block, steps } of this.#walk.blocks()) {
      await this.#settle(this.#context.reader.block(block), steps);
      blocks++;
      this.#context.options.onProgress?.({ phase: 'blame', done: blocks, unit: 'blocks' });
    }
    return asked.map(({ key, columns, values, origins }) => ({
      key,
      columns: columns.flatMap((column) => {
        const origin = origins.get(column);
        return origin === undefined ? [] : [{ column, value: values[column] ?? null, origin }];
      }),
    }));
  }

  /** Gives the columns that the block changed their origin, and looks further for the others. */
  async #settle(block: Block, steps: readonly RowStep<readonly Want[]>[]): Promise<void> {
    const settled: Settled[] = [];
    const [parent] = block.commit.parents;
    for (const step of steps) {
      if (step.decision !== undefined) {
        this.#decided(block, step, step.decision);
        continue;
      }
      const before = valuesOf(step.before);
      const after = valuesOf(step.after);
      const wants = step.payload.filter(({ column }) => before[column] !== after[column]);
      const others = step.payload.filter((want) => !wants.includes(want));
      if (parent !== undefined && others.length > 0) this.#walk.follow(parent, step.table, step.name, others);
      if (wants.length > 0) settled.push({ step, wants });
    }
    if (settled.length > 0) await this.#name(block, settled);
  }

  /** A column in which the sides agree was not decided; of another the merge is the origin, and what it took is looked for. */
  #decided(block: Block, { table, name, payload }: RowStep<readonly Want[]>, decision: RowDecision): void {
    const { header, commit } = block;
    const [ours, theirs] = commit.parents;
    if (header.kind !== 'merge' || ours === undefined || theirs === undefined) return;
    // A base of several blocks stands nowhere.
    const base = header.base.length === 1 ? header.base[0] : undefined;
    const heads = { base, ours, theirs };
    const source = header.source.slice(0, header.source.lastIndexOf(':'));
    const logic = logicOfMerge(this.#context.reader.header(theirs), logicOf(header));
    const resolver = logic && decision.by === 'contract' ? `${logic.contract}.${logic.function}` : undefined;
    const by = resolver === undefined ? { by: decision.by } : { by: decision.by, resolver };
    const transactions = decision.transaction === undefined ? [] : [decision.transaction];
    for (const want of payload) {
      const values = (side: ConflictSide | 'result') => decision[side]?.[want.column];
      const result = values('result');
      if (values('ours') === values('theirs') && values('ours') === result) {
        this.#walk.follow(ours, table, name, [want]);
        continue;
      }
      const took = sides.find((side) => values(side) === result) ?? 'new';
      const from: SideValue[] = [];
      for (const side of took === 'new' ? (['ours', 'theirs'] as const) : [took]) {
        const value = values(side);
        if (value !== undefined) from.push(this.#sideValue({ table, name }, want, side, value, heads[side]));
      }
      const told = want.depth < decisionsTold ? { from } : {};
      want.put({ ...this.#origin(block, transactions), decision: { ...by, source, took, ...told } });
    }
  }

  /** A side's value, whose own origin is looked for from its head back. */
  #sideValue(
    { table, name }: Pick<RowStep<unknown>, 'table' | 'name'>,
    { column, depth }: Want,
    side: ConflictSide,
    value: string | null,
    head: BlockId | undefined,
  ): SideValue {
    const found: { -readonly [M in keyof SideValue]: SideValue[M] } = { side, value };
    const put = (origin: ValueOrigin): void => {
      found.origin = origin;
    };
    if (head !== undefined && depth < decisionsTold)
      this.#walk.follow(head, table, name, [{ column, put, depth: depth + 1 }]);
    return found;
  }

  async #name(block: Block, settled: readonly Settled[]): Promise<void> {
    const references = settled.map(({ step }): RowReference => [step.table, step.name]);
    const writers = writersInBlock(this.#context, block.id, references);
    const during = await this.#during(block, writers);
    for (const { step, wants } of settled) {
      const key = rowKey(step.table, step.name);
      const by = writers.get(key)?.by ?? [];
      const versions = during?.get(key);
      for (const { column, put } of wants) {
        const one = versions && lastToChange(column, step.before, versions);
        put(this.#origin(block, one === undefined ? by : [one]));
      }
    }
  }

  /** The rows with more than one writer as each of them left them; undefined where that cannot be told here. */
  async #during(block: Block, writers: ReadonlyMap<RowKey, WrittenRow>): Promise<Map<RowKey, RowAfter[]> | undefined> {
    const unclear = new Map([...writers].filter(([, { by }]) => by.length > 1));
    if (unclear.size === 0 || block.engine !== this.#context.engineId) return undefined;
    const { reader, history, cache } = this.#context;
    const rights = this.#context.rightsIn(block.id);
    const engine = await this.#context.engine();
    const rerun = { reader, history, cache, rights, engine, reverted: revertedBefore };
    return rowsDuringBlock(rerun, block.id, unclear).catch((error: unknown) => {
      if (isHistoryCut(error)) return undefined;
      throw error;
    });
  }

  #origin({ id, header }: Block, by: readonly SignedTransaction[]): ValueOrigin {
    const { height, branch, time } = header;
    const transactions = by.map((signed) => namedWriter(this.#context, signed));
    return { block: { id, height, branch, time }, transactions };
  }
}

const sides: readonly ConflictSide[] = ['ours', 'theirs', 'base'];

const valuesOf = (line: string | null): RowValues => (line === null ? {} : decodeRow(line));

/** The last of a block's transactions that gave the column another value. */
function lastToChange(
  column: string,
  before: string | null,
  versions: readonly RowAfter[],
): SignedTransaction | undefined {
  let value = valuesOf(before)[column];
  let last: SignedTransaction | undefined;
  for (const { signed, line } of versions) {
    const after = valuesOf(line)[column];
    if (after !== value) last = signed;
    value = after;
  }
  return last;
}
