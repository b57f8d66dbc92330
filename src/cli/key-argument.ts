/** Keys on the command line: an id, a line or file as OpenSSH has public keys, or the name of one of the user's. */
import { isKeyId, type KeyId } from '../crypto/key.ts';
import { decodePublicKey } from '../crypto/openssh.ts';
import { readTextFile } from './input-file.ts';
import type { KeyStore } from './key-store.ts';

/** @throws AergoError AERGO_KEY_MISSING, AERGO_KEY_INVALID, AERGO_FILE_UNREADABLE */
export function keyMeant(text: string, store: KeyStore): KeyId {
  if (isKeyId(text)) return text;
  if (text.startsWith('ssh-')) return decodePublicKey(text).id;
  if (text.includes('/') || text.endsWith('.pub')) return decodePublicKey(readTextFile(text)).id;
  return store.find(text).id;
}
