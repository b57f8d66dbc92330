/**
 * How soon there is an engine again after one that was killed, with a spare thread warm (as where a call has used up half of its
 * time) and without. In turn with opening a bare engine.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { Engine } from '../src/contract/engine.ts';
import { engineFiles } from '../src/contract/engine-description.ts';
import { EngineHost } from '../src/contract/engine-host.ts';
import { EnginePlace } from '../src/contract/engine-place.ts';
import { ObjectBuffer } from '../src/object/source.ts';
import { emptyState } from '../src/state/state-update.ts';
import { inTurn, type Report } from './report.ts';

const rounds = 15;
/** Half of the time that a call has. */
const ahead_ms = 1_000;

export const purpose = `an engine again after one was killed, with a spare thread warm and without, ${rounds} times each`;

export async function run(report: Report): Promise<void> {
  const buffer = new ObjectBuffer({
    has: () => false,
    read: (oid) => {
      throw new Error(`there is no object ${oid}`);
    },
  });
  const state = emptyState(buffer);
  const host = new EngineHost(await EnginePlace.take(undefined, engineFiles().archive, 0));
  let right = 0;
  const again = async (): Promise<void> => {
    await host.lose();
    await host.moveTo(buffer, state);
    const { rows } = await host.request('query', { sql: 'SELECT 42', maxRows: 1, time_ms: 0, moved: false });
    if (rows[0]?.[0] === '42') right += 1;
  };
  try {
    await host.moveTo(buffer, state);
    // `warm` is a work of its own: what it takes is what a call spends anyway.
    const times = await inTurn(rounds, {
      bare: async () => (await Engine.open()).close(),
      none: again,
      warm: async () => {
        host.warm();
        await wait(ahead_ms);
      },
      spare: again,
    });
    const reference = { what: 'opening and closing a bare engine', value: times.bare };
    report.figure({ what: 'with a spare thread warm', value: times.spare, unit: 'ms', reference });
    report.figure({ what: 'without one', value: times.none, unit: 'ms', reference });
  } finally {
    await host.close();
  }
  report.holds('every engine answered', right, 2 * (rounds + 1));
}
