/** Asks for a passphrase on the terminal, without showing it. */
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
