/** `fsck`: what was looked at. Damage is an error, and never comes here. */
import type { FsckReport } from '../face.ts';
import { counted, grouped } from './columns.ts';

export function fsckLines({ volumes, objects, bytes }: FsckReport, rebuilt: boolean): string[] {
  const looked = `${counted(volumes, 'volume')}, ${counted(objects, 'object')}, ${grouped(bytes)} bytes: no damage`;
  return rebuilt ? ['the index was made anew from the volumes', looked] : [looked];
}
