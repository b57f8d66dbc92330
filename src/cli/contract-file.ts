/** A contract's name is its file's base name unless `--name` says otherwise. */
import { basename } from 'node:path';
import { checkContractName } from '../ledger/names.ts';

/** @throws AergoError AERGO_NAME_INVALID */
export function contractNameOf(file: string, flag: string | undefined): string {
  return checkContractName(flag ?? basename(file).replace(/\.sql$/i, ''));
}
