/**
 * Keeps one engine thread at hand, standing where it should: opens it, moves it, and when it is lost makes it anew and does
 * again what the block under way had done.
 */
import { AergoError } from '../errors.ts';
import { type Oid, parseOid } from '../object/oid.ts';
import type { ObjectSource } from '../object/source.ts';
import { type BlockStep, repeatSteps } from './block-steps.ts';
import type { EnginePlace } from './engine-place.ts';
import { EngineThread, ThreadLost } from './engine-thread.ts';
import { engineCode } from './engine-wasm.ts';
import { moveRows } from './move-rows.ts';
import type { ParsedContract } from './parsed-contract.ts';
import type { EngineVariant, WorkerCalls } from './worker-messages.ts';

/** The block under way: where a lost engine has to come back to. */
export interface Block {
  readonly height: number;
  readonly time_ms: number;
  readonly base: Oid;
  readonly steps: BlockStep[];
  /** Contracts as they were when the block began. */
  readonly contracts: ReadonlyMap<string, ParsedContract>;
  /** What the last run added: how many steps, and whether its savepoint still stands. */
  last: { steps: number; savepoint: boolean };
}

/** Rows changed after which tables are vacuumed. */
const churn = 50_000;

export class EngineHost {
  readonly #place: EnginePlace;
  readonly #variant: EngineVariant;
  #thread: EngineThread | undefined;
  /** Started, and not opened: the place is still in use. */
  #spare: EngineThread | undefined;
  #source: ObjectSource | undefined;
  /** The state whose rows the engine holds. */
  position: Oid | null = null;
  contracts = new Map<string, ParsedContract>();
  block: Block | undefined;
  /** Rows written since tables were vacuumed last. */
  churned = 0;

  constructor(place: EnginePlace, variant: EngineVariant = {}) {
    this.#place = place;
    this.#variant = variant;
  }

  /** Whether there is a thread that has not been lost. */
  get usable(): boolean {
    return this.#thread?.usable === true;
  }

  /** What a lost engine is made anew from. */
  remember(source: ObjectSource): void {
    this.#source = source;
  }

  async moveTo(source: ObjectSource, state: Oid): Promise<void> {
    this.remember(source);
    // A lost engine need not come back to where it stood before it goes on.
    if (!this.usable) this.#thread = undefined;
    await this.ready();
    if (this.position === state) return;
    await this.#move(source, state);
    await this.maintain();
  }

  /** Keeps what the block wrote, as the rows of a state. Gives whether it is kept: a thread that is lost here is no error. */
  async keep(state: Oid): Promise<boolean> {
    this.position = null;
    if (this.#thread?.usable !== true) return false;
    try {
      await this.#thread.request('finish', { position: state });
    } catch (error) {
      if (error instanceof ThreadLost) return false;
      throw error;
    }
    this.position = state;
    return true;
  }

  /** Throws the thread away: the next request makes it anew, with the steps that the block still has. */
  async lose(): Promise<void> {
    await this.#thread?.terminate();
    this.position = null;
  }

  /** Starts the thread that is to come where this one may be lost soon. */
  warm(): void {
    this.#spare ??= new EngineThread();
  }

  async close(): Promise<void> {
    await this.#spare?.terminate();
    const thread = this.#thread;
    this.#thread = undefined;
    try {
      if (thread?.usable === true) await thread.request('close', {}, 10_000);
    } finally {
      await thread?.terminate();
      this.#place.close();
    }
  }

  /** A thread that can be used, standing where the engine should stand. */
  async ready(): Promise<EngineThread> {
    if (this.#thread?.usable === true) return this.#thread;
    const position = this.#thread === undefined ? undefined : this.position;
    const thread = await this.#openThread();
    const block = this.block;
    const goal = block?.base ?? position;
    if (goal !== undefined && goal !== null && goal !== this.position) {
      if (this.#source === undefined)
        throw new AergoError('AERGO_INTERNAL', 'the engine was lost and has no source to be made anew from');
      await this.#move(this.#source, goal);
    }
    if (block !== undefined) {
      await thread.request('begin', block);
      await repeatSteps((operation, request) => thread.request(operation, request), block.steps);
      for (const step of block.steps) if (step.kind === 'deploy') this.contracts.set(step.name, step.contract);
      block.last = { ...block.last, savepoint: false };
    }
    return thread;
  }

  async #openThread(): Promise<EngineThread> {
    for (let attempt = 0; ; attempt += 1) {
      const kept = this.#place.isKept;
      const thread = this.#spare?.usable === true ? this.#spare : new EngineThread();
      this.#spare = undefined;
      try {
        const { position, contracts } = await thread.request('open', await this.#opening(), 60_000);
        this.#place.confirm();
        this.#thread = thread;
        this.position = position === null ? null : parseOid(position);
        this.contracts = new Map(contracts);
        return thread;
      } catch (cause) {
        await thread.terminate();
        if (cause instanceof AergoError) throw cause;
        // Kept data that does not open is damaged; fresh data that does not is a fault.
        if (!kept || attempt > 0)
          throw new AergoError('AERGO_ENGINE_FAILED', 'the SQL engine does not open', { cause });
        this.#place.discard();
      }
    }
  }

  async #opening(): Promise<WorkerCalls['open']['request']> {
    return { ...this.#place.prepare(), ...this.#variant, code: await engineCode() };
  }

  async #move(source: ObjectSource, state: Oid): Promise<void> {
    const thread = this.#thread;
    if (thread === undefined) throw new AergoError('AERGO_INTERNAL', 'the engine is not open');
    const from = this.position !== null && source.has(this.position) ? this.position : null;
    try {
      this.churned += await moveRows({ thread, contracts: this.contracts }, source, from, state);
    } catch (error) {
      // Half moved: the SQL transaction dies with the thread.
      await thread.terminate();
      this.position = null;
      if (error instanceof AergoError) throw error;
      this.#place.discard();
      throw new AergoError('AERGO_ENGINE_FAILED', 'the SQL engine cannot hold this state', { cause: error });
    }
    this.position = state;
  }

  async maintain(): Promise<void> {
    if (this.churned < churn || this.#thread?.usable !== true) return;
    this.churned = 0;
    await this.request('maintain', {});
  }

  readonly request: EngineThread['request'] = async (operation, request, deadline_ms) => {
    const thread = await this.ready();
    try {
      return await thread.request(operation, request, deadline_ms);
    } catch (cause) {
      if (cause instanceof ThreadLost) throw new AergoError('AERGO_ENGINE_FAILED', 'the SQL engine failed', { cause });
      throw cause;
    }
  };
}
