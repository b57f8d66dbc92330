/** Git's services over an open repository, as HTTP carries them. */
import { receivePush } from '../repository/receive-push.ts';
import { servedRepository } from '../repository/served.ts';
import type { PackLimits } from '../wire/pack-fault.ts';
import { flushPacket, linePacket } from '../wire/pkt-line.ts';
import { advertiseReceive, receivePack } from '../wire/receive-pack.ts';
import type { ServiceOptions } from '../wire/server-answer.ts';
import type { Unpacked } from '../wire/unpack.ts';
import { advertiseCapabilities, uploadPack } from '../wire/upload-pack.ts';
import { advertiseUpload } from '../wire/upload-pack-old.ts';
import type { GitServices } from './http-application.ts';
import type { Publisher } from './publisher.ts';

/**
 * The largest object that anybody needs to push: the list of 256 transactions of 1 MiB each, and their line ends. With a delta,
 * its base and what it makes, three of them can be in memory.
 */
const object_bytes = 256 * (1024 * 1024 + 1);

export interface GitServiceOptions extends ServiceOptions {
  /** What of a push is taken, where it is not the usual. */
  readonly packs?: Partial<PackLimits>;
}

/**
 * @param options the name that the server gives itself, who is told of faults, what is taken
 * @param publisher says in the directory where refs stand that have moved
 */
export function gitServices(options: GitServiceOptions, publisher: Publisher): GitServices {
  const limits = { object_bytes, ...options.packs };
  let unpacking: Promise<unknown> = Promise.resolve();
  // Whatever many push, and wherever: there is room for one pack.
  const whenRoom = (takeIn: () => Promise<Unpacked>): Promise<Unpacked> => {
    const taken = unpacking.then(takeIn);
    unpacking = taken.catch(() => undefined);
    return taken;
  };
  return {
    async *refs(context, service, version) {
      const repository = servedRepository(context);
      if (service === 'git-receive-pack') {
        yield* preface(service);
        yield* advertiseReceive(repository, version === 1 ? 1 : 0, options);
      } else if (version === 2) {
        yield* advertiseCapabilities(options);
      } else {
        yield* preface(service);
        yield* advertiseUpload(repository, version, options);
      }
    },
    fetch: (context, version, body) => uploadPack(servedRepository(context), version, body, options),
    push: (context, pusher, body) =>
      receivePack(
        {
          refs: servedRepository(context).refs,
          limits,
          whenRoom,
          begin: ({ commands }) =>
            receivePush(context, pusher, commands, {
              publisher: publisher.keyFor(context),
              onMoved: () => publisher.publish(context),
              onUnpublished: (error) => options.onFault?.(error),
            }),
        },
        body,
        options,
      ),
  };
}

/** What precedes the refs of protocols 0 and 1 over HTTP. */
function* preface(service: string): Generator<Uint8Array, void> {
  yield linePacket(`# service=${service}`);
  yield flushPacket;
}
