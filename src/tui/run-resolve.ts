/** Shows the screen of `aergo resolve` until the person leaves it, and gives the terminal back as it was. */
import { render } from 'ink';
import { createElement } from 'react';
import type { OpenPending } from '../repository/pending.ts';
import { paintWith } from './lines.ts';
import { type Ending, ResolveScreen, type ResolveScreenProps } from './resolve-screen.ts';
import { ResolveSession } from './resolve-session.ts';

export interface Terminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** Whether colours and other styles may be used. */
  readonly color: boolean;
}

const framesPerSecond = 60;

/**
 * Every choice is in the folder of the pending merge when its key has been handled, and on the disk when this resolves.
 * @param start the conflict to begin with; the first open one when left out
 * @returns how the person left
 * @throws AergoError AERGO_MERGE_NOT_PENDING when the merge was ended elsewhere meanwhile; AERGO_STORE_FULL, AERGO_STORE_IO
 */
export async function resolveOnScreen(
  { merge, folder, resolution }: OpenPending,
  start: number | undefined,
  { stdin, stdout, color }: Terminal,
): Promise<Ending> {
  const writes: Promise<void>[] = [];
  const record: ResolveScreenProps['record'] = (changes) => {
    const write = folder.append(merge, changes);
    writes.push(write);
    return write;
  };
  const session = new ResolveSession(merge, resolution, start);
  const screen = render(createElement(ResolveScreen, { session, paint: paintWith(color), record }), {
    stdin,
    stdout,
    alternateScreen: true,
    exitOnCtrlC: false,
    incrementalRendering: true,
    interactive: true,
    maxFps: framesPerSecond,
    patchConsole: false,
  });
  try {
    const ending = await screen.waitUntilExit();
    return ending === 'seal' || ending === 'interrupt' ? ending : 'leave';
  } finally {
    await Promise.all(writes);
  }
}
