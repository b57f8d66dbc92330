/**
 * The server of a push: commands, options and pack come in, the pack into a quarantine; whoever runs the server then decides
 * ref by ref, and the pusher is told. Nothing here moves a ref.
 * @see https://git-scm.com/docs/gitprotocol-pack
 */
import { ByteReader, type ByteStream } from './byte-reader.ts';
import { defaultPackLimits, type PackLimits, packInvalid } from './pack-fault.ts';
import { flushPacket } from './pkt-line.ts';
import { type PushReport, writeReport } from './push-report.ts';
import { type PushRequest, readPushRequest } from './push-request.ts';
import { advertiseRefs } from './ref-advertisement.ts';
import { type AdvertisedRef, inNameOrder, objectFormat } from './served.ts';
import { type AnswerState, answered, type ServiceOptions, toldReason } from './server-answer.ts';
import { keepAlivePacket, onBand } from './side-band.ts';
import { toldMeanwhile } from './told-meanwhile.ts';
import { type ObjectSink, type Unpacked, unpack } from './unpack.ts';

/** A push under way. */
export interface PushInProgress {
  /** Takes the objects of the pack. */
  readonly sink: ObjectSink;
  /**
   * Decides, and moves the refs that may move. Not called when the pack was not taken.
   * @param unpacked what came; undefined when the push only deletes, and brings no pack
   * @param tell shows the pusher what is being done
   * @returns for each ref that did not move why, in words for a person; of an atomic push all are there or none
   */
  admit(unpacked: Unpacked | undefined, tell: (text: string) => void): Promise<ReadonlyMap<string, string>>;
  /** Called at the end, whatever happened. */
  close(): void | Promise<void>;
}

export interface PushTarget {
  readonly refs: readonly AdvertisedRef[];
  readonly limits?: Partial<PackLimits>;
  /** Does a push, from its beginning to its end, when it is its turn; at once where it is left out. */
  readonly inTurn?: <T>(push: () => Promise<T>) => Promise<T>;
  /** Takes a pack in when there is room for what that needs; at once where it is left out. */
  readonly whenRoom?: (takeIn: () => Promise<Unpacked>) => Promise<Unpacked>;
  /** Begins a push. What it throws ends the push: the pusher hears no more than that the server failed. */
  begin(request: PushRequest): PushInProgress | Promise<PushInProgress>;
}

/** What is told to a pusher who has gone away. */
const unheard: PushReport = { refs: new Map() };
/** Running blocks again may take minutes: a sign of life every so often. */
const silence_ms = 5_000;
const offered = 'report-status report-status-v2 delete-refs side-band-64k quiet atomic ofs-delta push-options';

/** The answer to a client that begins a push. There is no protocol 2 of it: clients that speak it get 0. */
export function advertiseReceive(
  { refs }: Pick<PushTarget, 'refs'>,
  version: 0 | 1,
  { agent }: ServiceOptions,
): Generator<Uint8Array, void> {
  // Pushers get no HEAD and no peeled tags: they move refs and nothing else.
  const plain = inNameOrder(refs).map(({ name, oid }) => ({ name, oid }));
  return advertiseRefs(plain, `${offered} ${objectFormat} agent=${agent}`, version);
}

/**
 * The answer to one push. It never throws: an error ends the answer in a form that the client shows, and is given to `onFault`.
 */
export function receivePack(
  target: PushTarget,
  request: ByteStream,
  options: ServiceOptions,
): AsyncGenerator<Uint8Array, void> {
  return answered(options, async function* (state) {
    const reader = new ByteReader(request);
    const limits = { ...defaultPackLimits, ...target.limits };
    try {
      yield* push(target, reader, limits, state, options);
    } finally {
      // A client that is still sending would not hear the answer.
      await drain(reader, limits.pack_bytes);
      await reader.close();
    }
  });
}

/** Who is told of a push, and the signal that nobody is any more. */
type Listener = [tell: (text: string) => void, gone: AbortSignal];

async function drain(reader: ByteReader, most_bytes: number): Promise<void> {
  let dropped_bytes = 0;
  while (dropped_bytes < most_bytes && !(await reader.atEnd())) dropped_bytes += reader.take(reader.held.length).length;
}

async function* push(
  target: PushTarget,
  reader: ByteReader,
  limits: PackLimits,
  state: AnswerState,
  options: ServiceOptions,
): AsyncGenerator<Uint8Array, void> {
  const request = await readPushRequest(reader);
  if (request.commands.length === 0) return;
  state.banded = request.capabilities.has('side-band-64k');
  const { capabilities } = request;
  const decided = (...told: Listener) => decide(target, request, reader, limits, told, options);
  const told = toldMeanwhile((...told) => target.inTurn?.(() => decided(...told)) ?? decided(...told), silence_ms);
  let step = await told.next();
  try {
    for (; step.done !== true; step = await told.next()) {
      if (!state.banded) continue;
      if (step.value === '') yield keepAlivePacket;
      else if (!capabilities.has('quiet')) yield* onBand(2, Buffer.from(`${step.value}\n`));
    }
  } finally {
    if (step.done !== true) await told.return(unheard);
  }
  const reports = capabilities.has('report-status') || capabilities.has('report-status-v2');
  const report = reports ? Buffer.concat([...writeReport(step.value)]) : Buffer.alloc(0);
  if (state.banded) {
    yield* onBand(1, report);
    yield flushPacket;
  } else {
    yield report;
  }
}

async function decide(
  target: PushTarget,
  request: PushRequest,
  reader: ByteReader,
  limits: PackLimits,
  [tell, gone]: Listener,
  { onFault }: ServiceOptions,
): Promise<PushReport> {
  const names = request.commands.map(({ name }) => name);
  const all = (fault: string | undefined) => new Map(names.map((name) => [name, fault]));
  let under: PushInProgress | undefined;
  // A pack that is not taken in yet when the pusher goes away is not wanted any more.
  gone.addEventListener('abort', () => void reader.close());
  try {
    under = await target.begin(request);
    const brings = request.commands.some((command) => command.new !== null);
    let unpacked: Unpacked | undefined;
    try {
      const { sink } = under;
      const takeIn = async (): Promise<Unpacked> => {
        if (gone.aborted) throw packInvalid('the pusher has gone away');
        return unpack(reader, sink, { limits });
      };
      if (brings) unpacked = await (target.whenRoom?.(takeIn) ?? takeIn());
    } catch (error) {
      onFault?.(error);
      return { unpackFault: toldReason(error), refs: all('the pack was not taken') };
    }
    const refused = await under.admit(unpacked, tell);
    return { refs: new Map(names.map((name) => [name, refused.get(name)])) };
  } catch (error) {
    onFault?.(error);
    return { refs: all(toldReason(error)) };
  } finally {
    await under?.close();
  }
}
