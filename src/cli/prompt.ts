/** Asks on the terminal: for a passphrase, without showing it, or for a yes. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { AergoError } from '../errors.ts';

/**
 * @param question What to ask, for example `passphrase of key ada: `.
 * @throws AergoError AERGO_INPUT_NEEDED when nobody can answer: `instead` says what to give.
 */
export async function askSecret(question: string, canAsk: boolean, instead: string): Promise<string> {
  if (!canAsk) {
    throw new AergoError('AERGO_INPUT_NEEDED', `there is no terminal to ask for the ${question.replace(/:\s*$/, '')}`, {
      hint: instead,
    });
  }
  process.stderr.write(question);
  // A screen that was shown before (src/tui) has let go of stdin: nothing would wait for the answer.
  process.stdin.ref();
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: silent, terminal: true });
  reader.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    return await reader.question('');
  } finally {
    reader.close();
    process.stderr.write('\n');
  }
}

/** Whether the answer is yes; no where nobody can answer. */
export async function askYesOrNo(question: string, canAsk: boolean): Promise<boolean> {
  if (!canAsk) return false;
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  reader.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    return /^y(?:es)?$/i.test((await reader.question(`${question} [y/N] `)).trim());
  } finally {
    reader.close();
  }
}
