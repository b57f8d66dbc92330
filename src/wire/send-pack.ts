/**
 * The client of a push: commands, options and a pack go out, the report comes in.
 * @see https://git-scm.com/docs/gitprotocol-pack
 */
import type { Oid } from '../object/oid.ts';
import { ByteReader } from './byte-reader.ts';
import type { RemoteRefs } from './discovery.ts';
import { type PackSource, packBytes } from './pack-writer.ts';
import { protocolFault } from './pkt-line.ts';
import { type PushReport, readReport } from './push-report.ts';
import { type PushRequest, type RefCommand, writePushRequest } from './push-request.ts';
import { objectFormat } from './served.ts';
import { dataOfBands } from './side-band.ts';
import type { Transport } from './transport.ts';

export interface PushWish {
  /** At least one. */
  readonly commands: readonly RefCommand[];
  /** What the remote needs for them; not sent when all of them delete. */
  readonly pack: PackSource;
  readonly atomic?: boolean;
  readonly options?: readonly string[];
  /** Commits whose parents are not here. */
  readonly shallow?: readonly Oid[];
}

export interface PushOptions {
  /** As Git sends it: `name/version`. */
  readonly agent: string;
  /** What the remote says meanwhile: a stranger's text. Without it the remote is asked to be quiet. */
  readonly onProgress?: (text: string) => void;
}

/**
 * Pushes.
 * @param remote as `discoverRefs` found it for `git-receive-pack`
 * @returns what became of each ref; refused ones are no error
 * @throws AergoError AERGO_PROTOCOL_INVALID when the remote cannot do what is wished for, or does not report;
 * AERGO_REMOTE_REFUSED, AERGO_REMOTE_FAILED; what the pack throws
 */
export async function sendPack(
  transport: Transport,
  { capabilities }: RemoteRefs,
  wish: PushWish,
  { agent, onProgress }: PushOptions,
): Promise<PushReport> {
  const offers = (name: string): boolean => capabilities.has(name);
  const asked = new Set([objectFormat, `agent=${agent}`]);
  const ask = (name: string, isWished: boolean, what: string): void => {
    if (!isWished) return;
    if (!offers(name)) throw protocolFault(`the remote does not take ${what}`);
    asked.add(name);
  };
  const { commands, options = [], shallow = [] } = wish;
  ask('atomic', wish.atomic === true, 'atomic pushes');
  ask('push-options', options.length > 0, 'push options');
  if (commands.some((command) => command.new === null) && !offers('delete-refs')) {
    throw protocolFault('the remote does not let refs be deleted');
  }
  if (offers('side-band-64k')) asked.add('side-band-64k');
  ask(offers('report-status-v2') ? 'report-status-v2' : 'report-status', true, 'pushes that it reports on');
  if (onProgress === undefined && offers('quiet')) asked.add('quiet');
  const brings = commands.some((command) => command.new !== null);
  const request: PushRequest = { commands, capabilities: asked, options, shallow };
  let fault: unknown;
  async function* body(): AsyncGenerator<Uint8Array, void> {
    try {
      yield* writePushRequest(request);
      if (brings) yield* packBytes(wish.pack);
    } catch (error) {
      fault = error;
      throw error;
    }
  }
  const reader = new ByteReader(transport.request('git-receive-pack', 0, body()));
  try {
    const report = await reportOf(reader, asked.has('side-band-64k'), onProgress ?? ignore);
    if (fault === undefined) return report;
    throw fault;
  } catch (error) {
    // What the remote makes of half a pack says less than why it got no more.
    throw fault ?? error;
  } finally {
    await reader.close();
  }
}

async function reportOf(reader: ByteReader, banded: boolean, onProgress: (text: string) => void): Promise<PushReport> {
  if (!banded) return readReport(reader);
  const bands = new ByteReader(dataOfBands(reader, onProgress));
  const report = await readReport(bands);
  // Up to the end of the bands: what the remote says after its report is heard too.
  if (!(await bands.atEnd())) throw protocolFault('something follows the report of a push');
  return report;
}

const ignore = (): void => undefined;
