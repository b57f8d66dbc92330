/**
 * Git commits as blocks are written: tree, parents, author, committer, at most one SSH signature, message. Any other header,
 * zone or encoding is refused, so a commit that decodes encodes to the same bytes.
 * Frozen with format 1 (vectors: fixtures/format/objects.json).
 */
import { AergoError } from '../errors.ts';
import { HeaderReader } from './header.ts';
import { decodeIdent, encodeIdent, type Signature } from './ident.ts';
import { isOid, type Oid } from './oid.ts';

export type { Signature } from './ident.ts';

export interface Commit {
  readonly tree: Oid;
  readonly parents: readonly Oid[];
  readonly author: Signature;
  readonly committer: Signature;
  /** An armored SSHSIG over `commitPayload`, with the LF after its last line; header `gpgsig-sha256`. */
  readonly signature?: string;
  /** Well-formed Unicode without NUL, kept as it is. */
  readonly message: string;
}

/** Parents at most: a block has two; the bound keeps a hostile commit short. */
const maxParents = 16;

const signatureHeader = 'gpgsig-sha256';

function invalid(what: string): AergoError {
  return new AergoError('AERGO_OBJECT_INVALID', `a commit is invalid: ${what}`);
}

function headerOf(signature: string): string {
  if (!/^(?:[!-~][ -~]*\n)+$/.test(signature)) throw invalid('its signature is not lines of printable ASCII');
  return `${signatureHeader} ${signature.slice(0, -1).replaceAll('\n', '\n ')}\n`;
}

function encode(commit: Commit, signature: string | undefined): Uint8Array {
  if (!isOid(commit.tree) || !commit.parents.every(isOid)) throw invalid('its tree or a parent is not an id');
  if (commit.parents.length > maxParents) throw invalid(`it has more than ${maxParents} parents`);
  if (new Set(commit.parents).size !== commit.parents.length) throw invalid('it has a parent twice');
  if (!commit.message.isWellFormed() || commit.message.includes('\0')) throw invalid('its message is not plain text');
  const parents = commit.parents.map((parent) => `parent ${parent}\n`).join('');
  const who = `author ${encodeIdent(commit.author)}\ncommitter ${encodeIdent(commit.committer)}\n`;
  const signed = signature === undefined ? '' : headerOf(signature);
  return Buffer.from(`tree ${commit.tree}\n${parents}${who}${signed}\n${commit.message}`);
}

/**
 * The body of a commit.
 * @throws AergoError AERGO_OBJECT_INVALID for a value that the format cannot carry
 */
export function encodeCommit(commit: Commit): Uint8Array {
  return encode(commit, commit.signature);
}

/** What a commit's signature signs: its body without the signature's header. Throws as `encodeCommit`. */
export function commitPayload(commit: Commit): Uint8Array {
  return encode(commit, undefined);
}

/**
 * Reads a commit's body. `encodeCommit` of the result gives the same bytes.
 * @throws AergoError AERGO_OBJECT_INVALID for whatever the format refuses: other or repeated headers, another order, a
 * second signature, a zone other than +0000, text that is not UTF-8
 */
export function decodeCommit(body: Uint8Array): Commit {
  const reader = new HeaderReader('commit', body);
  const tree = reader.oid('tree');
  const parents = reader.oids('parent');
  const author = decodeIdent(reader.required('author'));
  const committer = decodeIdent(reader.required('committer'));
  const first = reader.optional(signatureHeader);
  const signature = first === undefined ? undefined : [first, ...reader.continued(), ''].join('\n');
  const message = reader.rest();
  const commit: Commit = {
    tree,
    parents,
    author,
    committer,
    message,
    ...(signature === undefined ? {} : { signature }),
  };
  if (Buffer.compare(encodeCommit(commit), body) !== 0) throw invalid('it has another form than the format gives it');
  return commit;
}
