/** What is said of keys when they come into being. */
import type { StoredKey } from '../key-store.ts';
import { columns, shortKey } from './columns.ts';

/** `made key ada (ed25519:9fQx…)                    back it up: aergo key export ada` */
export function madeKey(key: StoredKey): string {
  return columns(`made key ${key.name} (${shortKey(key.id)})`, `back it up: aergo key export ${key.name}`);
}

export function importedKey(key: StoredKey): string {
  return `kept key ${key.name} (${shortKey(key.id)})`;
}
