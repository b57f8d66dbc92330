/** Git's services over an open repository, as HTTP carries them. */
import type { RepositoryContext } from '../repository/context.ts';
import { receivePush } from '../repository/receive-push.ts';
import { servedRepository } from '../repository/served.ts';
import type { PackLimits } from '../wire/pack-fault.ts';
import { flushPacket, linePacket } from '../wire/pkt-line.ts';
import { advertiseReceive, receivePack } from '../wire/receive-pack.ts';
import { answered, type ServiceOptions } from '../wire/server-answer.ts';
import { advertiseCapabilities, uploadPack } from '../wire/upload-pack.ts';
import { advertiseUpload } from '../wire/upload-pack-old.ts';
import type { GitServices } from './http-application.ts';
import type { Publisher } from './publisher.ts';
import { Queue } from './queue.ts';

/**
 * The largest object that anybody needs to push is the list of 256 transactions of 1 MiB each, and their line ends: with a delta,
 * its base and what it makes, three of them can be in memory. An object costs 700 bytes while its pack is taken in, and 250
 * until the push is decided.
 */
const packLimits: Partial<PackLimits> = { object_bytes: 256 * (1024 * 1024 + 1), objects: 1_000_000 };

export interface GitServiceOptions extends ServiceOptions {
  /** What of a push is taken, where it is not the usual. */
  readonly packs?: Partial<PackLimits>;
}

/**
 * @param options the name that the server gives itself, who is told of faults, what is taken
 * @param publisher says in the directory where refs stand that have moved
 */
export function gitServices(options: GitServiceOptions, publisher: Publisher): GitServices {
  const limits = { ...packLimits, ...options.packs };
  // However many push, and wherever: there is room for one pack, and for one push to each repository.
  const unpacking = new Queue();
  const pushes = new WeakMap<RepositoryContext, Queue>();
  const pushesTo = (context: RepositoryContext): Queue => {
    const queue = pushes.get(context) ?? new Queue();
    pushes.set(context, queue);
    return queue;
  };
  return {
    refs: (context, service, version) =>
      answered(options, async function* () {
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
      }),
    fetch: (context, version, body) => uploadPack(servedRepository(context), version, body, options),
    push: (context, pusher, body) =>
      receivePack(
        {
          refs: servedRepository(context).refs,
          limits,
          inTurn: (push) => pushesTo(context).run(push),
          whenRoom: (takeIn) => unpacking.run(takeIn),
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
