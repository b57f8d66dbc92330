/**
 * Questions in the block under way: functions asked for what they say, rows judged. Nothing of either stays.
 */
import type { AnswerOutcome, CallDeadline, EngineQuestion } from './call-outcome.ts';
import type { EngineHost } from './engine-host.ts';
import { deadlineOf, ThreadLost } from './engine-thread.ts';
import type { GivenRow, RowFit } from './row-violation.ts';

/** Questions of one message, and rows. */
const questionsTogether = 1_000;
const rowsTogether = 25_000;
/** What each question of a batch but the first adds to the time of the batch, at most, in milliseconds. */
const eachMore_ms = 20;

/**
 * Asks functions, each for itself; the answers are in the order of the questions.
 * @param deadline_ms time of one question
 * @throws AergoError AERGO_FUNCTION_UNKNOWN
 */
export async function answerQuestions(
  host: EngineHost,
  questions: readonly EngineQuestion[],
  deadline_ms: number,
): Promise<AnswerOutcome[]> {
  const outcomes: AnswerOutcome[] = [];
  for (let at = 0; at < questions.length; at += questionsTogether) {
    const some = questions.slice(at, at + questionsTogether);
    const answered = await answerTogether(host, some, deadline_ms);
    if (!('status' in answered)) outcomes.push(...answered);
    else if (some.length === 1) outcomes.push(answered);
    // The one that takes too much is found, and the others still get their answers.
    else for (const question of some) outcomes.push(...(await answerOne(host, question, deadline_ms)));
  }
  return outcomes;
}

async function answerOne(host: EngineHost, question: EngineQuestion, deadline_ms: number): Promise<AnswerOutcome[]> {
  const answered = await answerTogether(host, [question], deadline_ms);
  return 'status' in answered ? [answered] : [...answered];
}

/** Asks together. Where that did not come to its end, gives why: the engine is lost. */
async function answerTogether(
  host: EngineHost,
  questions: readonly EngineQuestion[],
  ofOne_ms: number,
): Promise<readonly AnswerOutcome[] | CallDeadline> {
  const thread = await host.ready();
  const deadline_ms = ofOne_ms + (questions.length - 1) * Math.min(eachMore_ms, ofOne_ms);
  try {
    return await thread.request('answer', { questions }, deadline_ms);
  } catch (error) {
    if (error instanceof ThreadLost) return deadlineOf(error);
    throw error;
  }
}

/** Judges rows, each by itself. @throws AergoError AERGO_TABLE_UNKNOWN */
export async function fitGivenRows(host: EngineHost, rows: readonly GivenRow[]): Promise<RowFit[]> {
  const fits: RowFit[] = [];
  for (let at = 0; at < rows.length; at += rowsTogether) {
    fits.push(...(await host.request('fitRows', { rows: rows.slice(at, at + rowsTogether) })));
  }
  return fits;
}
