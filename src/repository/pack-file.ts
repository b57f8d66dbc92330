/**
 * A pack and its index as files, as Git keeps them: entries are copied from the store while their places are noted.
 */
import { chmod, open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { AergoError } from '../errors.ts';
import { encodePackHeader, PackTrailer } from '../object/pack-entry.ts';
import { encodePackIndex, type PackIndexEntry } from '../object/pack-index.ts';
import type { PackContents } from '../store/pack.ts';

const chunk_bytes = 1024 * 1024;
/** As Git sets it: a pack never changes. */
const packMode = 0o444;

/**
 * Writes `pack-<trailer>.pack` and its `.idx` into a directory that exists; both are on the disk when it resolves.
 * @param onEntries is told how many entries are written
 * @returns the size of the pack
 * @throws AergoError AERGO_STORE_DAMAGED; AERGO_INDEX_DAMAGED when the store holds another number of objects than it counted
 */
export async function writePackFile(
  directory: string,
  contents: PackContents,
  onEntries: (done: number) => void,
): Promise<{ bytes: number }> {
  const unnamed = join(directory, 'tmp_pack');
  const trailer = new PackTrailer();
  const places: PackIndexEntry[] = [];
  const file = await open(unnamed, 'wx');
  let offset = 0;
  let digest: Uint8Array;
  try {
    let parts = [encodePackHeader(contents.count)];
    let gathered_bytes = 0;
    const take = (bytes: Uint8Array): void => {
      trailer.update(bytes);
      offset += bytes.length;
      gathered_bytes += bytes.length;
    };
    for (const header of parts) take(header);
    for (const { oid, bytes } of contents.entries()) {
      places.push({ oid, crc: crc32(bytes), offset });
      parts.push(bytes);
      take(bytes);
      if (gathered_bytes < chunk_bytes) continue;
      await file.appendFile(Buffer.concat(parts));
      parts = [];
      gathered_bytes = 0;
      onEntries(places.length);
    }
    if (places.length !== contents.count) throw miscounted(contents.count, places.length);
    digest = trailer.digest();
    await file.appendFile(Buffer.concat([...parts, digest]));
    await file.datasync();
  } finally {
    await file.close();
  }
  onEntries(places.length);
  const name = join(directory, `pack-${Buffer.from(digest).toString('hex')}`);
  await writeFile(`${name}.idx`, encodePackIndex(places, digest), { flush: true, mode: packMode });
  await chmod(unnamed, packMode);
  await rename(unnamed, `${name}.pack`);
  return { bytes: offset + digest.length };
}

function miscounted(counted: number, found: number): AergoError {
  return new AergoError('AERGO_INDEX_DAMAGED', `the index counts ${counted} objects where the volumes hold ${found}`, {
    hint: 'aergo fsck --rebuild',
    details: { counted, found },
  });
}
