/** A push of whatever a test wants to push, by ada. */
import type { NewObject } from '../../src/object/object.ts';
import { encodePackEntry } from '../../src/object/pack-entry.ts';
import { discoverRefs } from '../../src/wire/discovery.ts';
import { HttpTransport } from '../../src/wire/http-transport.ts';
import type { RefCommand } from '../../src/wire/push-request.ts';
import { sendPack } from '../../src/wire/send-pack.ts';
import { keyOf } from '../support/repository.ts';
import { tokenFor } from './served-bank.ts';

type Objects = readonly (Pick<NewObject, 'type' | 'body'> | { readonly bytes: Uint8Array })[];

/** @param objects as they are, or as their entries of a pack */
export async function pushObjects(url: string, commands: readonly RefCommand[], objects: Objects) {
  const authorize = async () => `Bearer ${tokenFor(url, keyOf('ada'))}`;
  const transport = new HttpTransport(url, { agent: 'aergo/test', authorize });
  const found = await discoverRefs(transport, 'git-receive-pack', { agent: 'aergo/test' });
  const pack = {
    count: objects.length,
    *entries() {
      for (const object of objects)
        yield 'bytes' in object ? object : { bytes: encodePackEntry(object.type, object.body) };
    },
  };
  return sendPack(transport, found, { commands, pack }, { agent: 'aergo/test' });
}
