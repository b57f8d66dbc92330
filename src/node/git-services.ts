/** Git's services over an open repository, as HTTP carries them. */

import type { RepositoryContext } from '../repository/context.ts';
import { receivePush } from '../repository/receive-push.ts';
import { servedRepository } from '../repository/served.ts';
import { flushPacket, linePacket } from '../wire/pkt-line.ts';
import { advertiseReceive, receivePack } from '../wire/receive-pack.ts';
import type { ServiceOptions } from '../wire/server-answer.ts';
import { advertiseCapabilities, uploadPack } from '../wire/upload-pack.ts';
import { advertiseUpload } from '../wire/upload-pack-old.ts';
import type { GitServices } from './http-application.ts';

/**
 * @param options the name that the server gives itself, and who is told of faults
 * @param publish is called after refs have moved: who has the right says so in the directory
 */
export function gitServices(
  options: ServiceOptions,
  publish: (context: RepositoryContext) => Promise<void>,
): GitServices {
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
          begin: ({ commands }) =>
            receivePush(context, pusher, commands, {
              onMoved: () => publish(context),
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
