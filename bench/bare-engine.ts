/** The reference without signatures, blocks and pages: the same contract in the engine alone, through its batch driver. */
import { Engine } from '../src/contract/engine.ts';
import { ObjectBuffer, type ObjectSource } from '../src/object/source.ts';
import { emptyState } from '../src/state/state-update.ts';
import { objectMissing } from '../src/store/damage.ts';
import { argumentsOf, type Payment } from './payments.ts';
import { bankSource, keyOf } from './setup.ts';

const nothing: ObjectSource = {
  has: () => false,
  read: (oid) => {
    throw objectMissing(oid);
  },
};

export class BareEngine {
  readonly #engine: Engine;
  readonly #position = new ObjectBuffer(nothing);
  #height = 1;

  private constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** The contract with these accounts, in memory. */
  static async open(rows: readonly (readonly string[])[]): Promise<BareEngine> {
    const bare = new BareEngine(await Engine.open());
    const engine = bare.#engine;
    await engine.moveTo(bare.#position, emptyState(bare.#position));
    await bare.#inBlock(() => engine.deploy('bank', bankSource));
    const normal = await engine.normalise('bank.accounts', ['owner', 'balance'], rows, 0);
    await bare.#inBlock(() =>
      engine.importRows(
        'bank.accounts',
        normal.map((row) => row.line),
      ),
    );
    return bare;
  }

  /** Runs payments; gives how many took effect. */
  async pay(payments: readonly Payment[]): Promise<number> {
    const author = keyOf('author 0').id;
    const id = '0'.repeat(64);
    const calls = payments.map((payment) => ({
      id,
      author,
      contract: 'bank',
      function: 'transfer',
      args: argumentsOf(payment),
    }));
    const outcomes = await this.#inBlock(() => this.#engine.run(calls));
    return outcomes.filter((outcome) => outcome.status === 'ok').length;
  }

  async #inBlock<T>(work: () => Promise<T>): Promise<T> {
    this.#height++;
    await this.#engine.begin({ height: this.#height, time_ms: this.#height * 1_000 });
    const result = await work();
    // No page is made of the rows, so the state that the engine says it holds is none.
    await this.#engine.finish(emptyState(this.#position));
    return result;
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}
