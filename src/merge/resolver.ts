/**
 * Asking a contract's resolver what becomes of conflicting rows. It only reads; what it answers must be a row of the table
 * with the same key, or NULL for no row. Whatever else comes of it leaves the conflict to people, with the reason.
 */
import type { AnswerOutcome } from '../contract/call-outcome.ts';
import type { Engine } from '../contract/engine.ts';
import type { GivenRow } from '../contract/row-violation.ts';
import { cameToNoEnd } from './no-end.ts';
import type { ConflictingRows } from './row-plan.ts';

/** The row to have, as a line or null for none; or why it is left to people. */
export type Decision = { readonly line: string | null } | { readonly left: string };

/** A function of a contract that settles conflicts. */
export interface Resolver {
  readonly contract: string;
  readonly function: string;
}

/** A conflict as the resolver is asked about it. */
export interface ResolverCase extends ConflictingRows {
  /** The texts of the key columns, in the key's order. */
  readonly key: readonly string[];
}

/**
 * Decisions on the cases, in their order, on the rows that the engine holds.
 * @throws AergoError AERGO_MERGE_UNDECIDED where the resolver does not end: that is no decision
 */
export async function askResolver(
  engine: Engine,
  { contract, function: name }: Resolver,
  cases: readonly ResolverCase[],
): Promise<Decision[]> {
  const questions = cases.map(({ table, key, base, ours, theirs }) => {
    const rows = [base, ours, theirs].map((line) => rowGiven(engine, table, line));
    return { contract, function: name, args: [table, JSON.stringify(key), ...rows] };
  });
  const answers = (await engine.answer(questions)).map((outcome) => answerOf(`${contract}.${name}`, outcome));
  const given = cases.flatMap(({ table }, at): GivenRow[] => {
    const answer = answers[at];
    return answer !== undefined && 'given' in answer ? [{ table, values: answer.given }] : [];
  });
  const fits = (await engine.fitRows(given)).values();
  return answers.map((answer, at): Decision => {
    if (!('given' in answer)) return answer;
    const fit = fits.next().value;
    if (fit === undefined) throw new Error('each row that is given is judged');
    if (fit.fault !== undefined) return { left: `the row that ${name} gives does not fit: ${fit.fault.message}` };
    return fit.name === cases[at]?.name ? { line: fit.line } : { left: `the row that ${name} gives has another key` };
  });
}

/** A row as the resolver sees it: without generated columns, which follow from the others and are computed again. */
function rowGiven(engine: Engine, table: string, line: string | null): string | null {
  if (line === null) return null;
  const [contract = '', name = ''] = table.split('.');
  const schema = engine.contracts.get(contract)?.tables.find((one) => one.name === name)?.schema;
  const generated = (schema?.columns ?? []).filter((column) => column.generated === true);
  if (generated.length === 0) return line.slice(0, -1);
  const names = new Set(generated.map((column) => column.name));
  return JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(line)).filter(([column]) => !names.has(column))));
}

function answerOf(what: string, outcome: AnswerOutcome): Decision | { readonly given: GivenRow['values'] } {
  if (outcome.status === 'deadline') throw cameToNoEnd(what, outcome);
  if (outcome.status === 'failed') return { left: outcome.message };
  if (outcome.result === null) return { line: null };
  const value: unknown = JSON.parse(outcome.result);
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? { given: value as GivenRow['values'] }
    : { left: 'what it gives is no row' };
}
