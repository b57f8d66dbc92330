/**
 * Tests of a contract: SQL functions `test_*` that stand in a file beside it. Contract and tests are installed together in an
 * engine of their own, on the rows of some state; each test runs by itself and everything it did is taken back.
 */
import { hash } from 'node:crypto';
import { AergoError } from '../errors.ts';
import type { Oid } from '../object/oid.ts';
import { ObjectBuffer, type ObjectSource } from '../object/source.ts';
import { emptyState } from '../state/state-update.ts';
import type { CallOutcome } from './call-outcome.ts';
import { type DeployOutcome, Engine } from './engine.ts';
import { acceptContract, acceptMigration, contractOf } from './gate.ts';
import type { ContractStatement, FunctionSignature, ParsedContract } from './parsed-contract.ts';
import { tokensOf } from './parser.ts';

/** What is tested. */
export interface ContractUnderTest {
  readonly name: string;
  readonly source: string;
  /** Functions `test_*` without arguments, and whatever private ones they need. They are not judged by the gate. */
  readonly tests: string;
  /** Over the contract that the state has under the name. */
  readonly migrate?: string;
}

/** The rows that tests begin with, and the block that they stand in. */
export interface TestPlace {
  readonly source: ObjectSource;
  readonly state: Oid;
  readonly height: number;
  /** ms: what `now()` gives in the tests. */
  readonly time: number;
}

export interface TestOutcome {
  readonly name: string;
  readonly status: 'passed' | 'failed';
  /** Why it failed. */
  readonly message?: string;
  readonly sqlstate?: string;
  /** Of the tests' file: where in the test it failed. */
  readonly line?: number;
  readonly time_ms: number;
}

/** A place with no contracts and no rows. */
export function emptyPlace(time: number): TestPlace {
  const source = new ObjectBuffer({
    has: () => false,
    read: (oid) => {
      throw new AergoError('AERGO_OBJECT_MISSING', `there is no object ${oid}`);
    },
  });
  return { source, state: emptyState(source), height: 1, time };
}

/**
 * Runs all tests, each on the same rows.
 * @param clock_ms times the tests
 * @throws AergoError AERGO_CONTRACT_REFUSED by the gate, AERGO_CONTRACT_TEST where there is no test or the tests cannot be installed
 */
export async function testContract(
  contract: ContractUnderTest,
  place: TestPlace,
  clock_ms: () => number,
): Promise<TestOutcome[]> {
  await acceptContract(contract.source);
  const whole = `${contract.source}\n${contract.tests}`;
  const { functions, statements } = await contractOf(whole);
  const tests = functions.filter(({ name }) => name.startsWith('test_'));
  if (tests.length === 0) {
    throw new AergoError('AERGO_CONTRACT_TEST', 'there is no test: no function is named test_…', {
      hint: 'CREATE FUNCTION test_…() RETURNS void AS $$ BEGIN … ASSERT …; END $$;',
    });
  }
  const engine = await Engine.open({ testing: true });
  try {
    await engine.moveTo(place.source, place.state);
    await judgeMigration(contract, engine.contracts.get(contract.name));
    await engine.begin({ height: place.height, time_ms: place.time });
    await install(engine, contract, whole);
    const outcomes: TestOutcome[] = [];
    for (const test of tests) {
      const began_ms = clock_ms();
      const { trace, ...outcome } = await runTest(engine, contract.name, test);
      const time_ms = Math.max(0, Math.round(clock_ms() - began_ms));
      const made = statements.find(({ kind, name }) => kind === 'function' && name === test.name);
      const line = trace === undefined || made === undefined ? undefined : lineInSource(made, trace);
      const own = line === undefined ? {} : { line: line - contract.source.split('\n').length };
      outcomes.push({ name: test.name, ...outcome, ...own, time_ms });
    }
    await engine.abandon();
    return outcomes;
  } finally {
    await engine.close();
  }
}

async function judgeMigration({ name, migrate }: ContractUnderTest, before: ParsedContract | undefined): Promise<void> {
  if (migrate === undefined) return;
  if (before === undefined) {
    throw new AergoError('AERGO_CONTRACT_UNKNOWN', `there is no contract ${name} to migrate`, {
      hint: 'test without a migration, or on a revision that has the contract',
    });
  }
  await acceptMigration(migrate, before);
}

const author = `ed25519:${'A'.repeat(43)}`;
const idOf = (text: string): string => hash('sha256', text);

async function install(engine: Engine, { name, source, migrate }: ContractUnderTest, whole: string): Promise<void> {
  const migration = migrate === undefined ? undefined : { source: migrate, id: idOf('migration'), author };
  const outcome = await engine.deploy(name, whole, migration);
  if (outcome.status !== 'ok') throw notInstalled(outcome, source.split('\n').length);
}

function notInstalled(outcome: Exclude<DeployOutcome, { status: 'ok' }>, sourceLines: number): AergoError {
  if (outcome.status === 'deadline')
    return new AergoError('AERGO_CONTRACT_DEADLINE', 'the contract took too long to be deployed');
  const { line, message, sqlstate, inMigration } = outcome;
  const inTests = !inMigration && line > sourceLines;
  const where = inMigration ? 'the migration' : inTests ? 'the tests' : 'the contract';
  const place = `line ${inTests ? line - sourceLines : line} of ${where}`;
  return new AergoError('AERGO_CONTRACT_TEST', `${place} fails: ${message} (${sqlstate})`, { details: { sqlstate } });
}

type Judged = Pick<TestOutcome, 'status' | 'message' | 'sqlstate'> & { readonly trace?: string | undefined };

async function runTest(engine: Engine, contract: string, test: FunctionSignature): Promise<Judged> {
  if (test.arguments.length > 0) return { status: 'failed', message: 'a test takes no arguments' };
  const [outcome] = await engine.run([{ id: idOf(test.name), author, contract, function: test.name, args: [] }]);
  await engine.undo();
  return judge(test, outcome);
}

function judge(test: FunctionSignature, outcome: CallOutcome | undefined): Judged {
  if (outcome === undefined) return { status: 'failed', message: 'it has not run' };
  if (outcome.status === 'deadline') return { status: 'failed', message: 'it took longer than a transaction may' };
  if (outcome.status === 'failed') {
    const { message, sqlstate, trace } = outcome;
    return { status: 'failed', message, sqlstate, trace };
  }
  if (test.returns === 'bool' && outcome.result !== 't') return { status: 'failed', message: 'it did not return true' };
  return { status: 'passed' };
}

/** The line of the source at which a function in PL/pgSQL stood; undefined where the trace does not tell. */
function lineInSource({ name, text, line }: ContractStatement, trace: string): number | undefined {
  const frame = new RegExp(`^PL/pgSQL function (?:"code\\$[a-z0-9_]+"\\.)?"?${name}"?\\(.*\\) line (\\d+) `, 'm').exec(
    trace,
  );
  const body = tokensOf(text).find((token) => /^(\$|'|e')/i.test(token.text));
  if (frame === null || body === undefined) return undefined;
  const before = Buffer.from(text, 'utf8').toString('utf8', 0, body.from);
  // PL/pgSQL counts from the line that its text begins on.
  return line + before.split('\n').length - 1 + Number(frame[1]) - 1;
}
