/**
 * How a server answers when something goes wrong: the client is told in the form that it can read at that moment, and the
 * caller gets the error itself. What is not the client's fault is not told in detail.
 */
import { AergoError } from '../errors.ts';
import { flushPacket, linePacket } from './pkt-line.ts';
import { onBand } from './side-band.ts';

/** What a service is told by whoever runs it. */
export interface ServiceOptions {
  /** As Git sends it: `name/version`, printable ASCII without spaces. */
  readonly agent: string;
  /** Is given the error that ended an answer: the client's or ours. */
  readonly onFault?: (error: unknown) => void;
}

/** Whether the answer has gone over to side bands, where an error has a band of its own. */
export interface AnswerState {
  banded: boolean;
}

const toldCodes = new Set(['AERGO_PROTOCOL_INVALID', 'AERGO_PACK_INVALID', 'AERGO_PACK_LIMIT', 'AERGO_HISTORY_CUT']);

/** What the client is told of an error. */
export function toldReason(error: unknown): string {
  return error instanceof AergoError && toldCodes.has(error.code) ? error.message : 'the server failed';
}

/** An answer that ends with the error that stopped it, in place of throwing it. */
export async function* answered(
  options: ServiceOptions,
  answer: (state: AnswerState) => AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  const state = { banded: false };
  try {
    yield* answer(state);
  } catch (error) {
    options.onFault?.(error);
    if (state.banded) {
      yield* onBand(3, Buffer.from(`${toldReason(error)}\n`));
      yield flushPacket;
    } else {
      yield linePacket(`ERR ${toldReason(error)}`);
    }
  }
}
