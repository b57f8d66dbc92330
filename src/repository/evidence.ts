/**
 * What speaks against whoever signed or served a directory: two versions of one number, or an old version offered as the
 * newest. Kept in `.aergo/evidence/`, a file each, with the signed commits and what is needed to read their numbers, so that a
 * piece stands on its own.
 */
import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalJson } from '../crypto/canonical-json.ts';
import type { Relation } from '../directory/chain.ts';
import { AergoError } from '../errors.ts';
import { oidSchema, timeSchema } from '../ledger/transaction.ts';
import { decodeCommit } from '../object/commit.ts';
import { type ObjectType, objectId } from '../object/object.ts';
import type { Oid } from '../object/oid.ts';
import { type ObjectSource, readTree } from '../object/source.ts';
import { storeFault, systemCode } from '../store/damage.ts';

const objectSchema = z.strictObject({ body: z.base64(), type: z.enum(['blob', 'commit', 'tree']) });
const versionSchema = z.strictObject({ id: oidSchema, objects: z.array(objectSchema).length(3) });
const evidenceSchema = z.strictObject({
  format: z.literal(1),
  found: versionSchema,
  kind: z.enum(['equivocation', 'rollback']),
  known: versionSchema,
  /** Where it was offered: a remote's name or URL. */
  place: z.string(),
  repository: oidSchema,
  seen: timeSchema,
});

/** A piece of evidence; `known` and `found` are versions, with their commit, tree and `directory.json`. */
export type Evidence = z.infer<typeof evidenceSchema>;

/** What speaks against somebody; everything but `forward`. */
export type Misbehaviour = Exclude<Relation, { kind: 'forward' }>;

const folderOf = (directory: string): string => join(directory, 'evidence');

/**
 * Keeps a piece durably; what is kept already stays as it is.
 * @param directory the `.aergo` directory
 * @param source where both versions are read
 * @throws AergoError AERGO_STORE_FULL, AERGO_STORE_IO
 */
export async function keepEvidence(
  directory: string,
  source: ObjectSource,
  { kind, known, found }: Misbehaviour,
  about: Pick<Evidence, 'place' | 'repository' | 'seen'>,
): Promise<void> {
  const piece = { format: 1, kind, known: standing(source, known), found: standing(source, found), ...about };
  const folder = folderOf(directory);
  const path = join(folder, `${kind}-${known.slice(0, 16)}-${found.slice(0, 16)}.json`);
  try {
    await mkdir(folder, { recursive: true });
    const partial = `${path}.new`;
    const file = await open(partial, 'w');
    try {
      await file.writeFile(`${canonicalJson(piece)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (error) {
    throw storeFault(error, `writing ${path}`);
  }
}

/** A version as far as its signature and its number go. */
function standing(source: ObjectSource, id: Oid): { id: Oid; objects: { body: string; type: ObjectType }[] } {
  const { tree } = decodeCommit(source.read(id).body);
  const file = readTree(source, tree).find(({ name }) => name === 'directory.json');
  const objects = [id, tree, ...(file === undefined ? [] : [file.oid])].map((oid) => {
    const { type, body } = source.read(oid);
    return { body: Buffer.from(body).toString('base64'), type };
  });
  return { id, objects };
}

/**
 * All that is kept.
 * @throws AergoError AERGO_STORE_DAMAGED for a file that is no piece of evidence any more
 */
export async function readEvidence(directory: string): Promise<Evidence[]> {
  const pieces: Evidence[] = [];
  for (const name of await filesIn(folderOf(directory))) {
    if (!name.endsWith('.json')) continue;
    const path = join(folderOf(directory), name);
    const parsed = evidenceSchema.safeParse(jsonOrNothing(await readFile(path, 'utf8')));
    if (!parsed.success || ![parsed.data.known, parsed.data.found].every(isWhole)) {
      throw new AergoError('AERGO_STORE_DAMAGED', `${path} is no evidence: it is damaged`, {
        hint: 'take it from a backup; the repository is whole without it',
        details: { path },
      });
    }
    pieces.push(parsed.data);
  }
  return pieces;
}

const isWhole = ({ id, objects: [commit] }: Evidence['known']): boolean =>
  commit !== undefined && objectId(commit.type, Buffer.from(commit.body, 'base64')) === id;

async function filesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw storeFault(error, `reading ${folder}`);
  }
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // what is no JSON is no evidence: the caller says so
  }
}
