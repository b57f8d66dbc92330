/**
 * Git's annotated tags as snapshots are written: object, type, name, tagger, message, and at the end of the body at most one
 * SSH signature. A tag that decodes encodes to the same bytes.
 * Frozen with format 1 (vectors: fixtures/format/objects.json).
 */
import { AergoError } from '../errors.ts';
import { HeaderReader } from './header.ts';
import { decodeIdent, encodeIdent, type Signature } from './ident.ts';
import { isObjectType, type ObjectType } from './object.ts';
import { isOid, type Oid } from './oid.ts';

export interface Tag {
  readonly object: Oid;
  readonly type: ObjectType;
  /** The last part of `refs/tags/<name>`: no space, control character or any of `~^:?*[\`. */
  readonly name: string;
  readonly tagger: Signature;
  /** Well-formed Unicode without NUL and without a line that starts a signature; ends in LF when the tag is signed. */
  readonly message: string;
  /** An armored SSHSIG over `tagPayload`, with the LF after its last line. */
  readonly signature?: string;
}

// Git takes the last line that starts in one of these ways for the start of the signature.
const signatureStart = /^-----BEGIN (?:SSH SIGNATURE|PGP SIGNATURE|PGP MESSAGE|SIGNED MESSAGE)-----/m;
const sshStart = '-----BEGIN SSH SIGNATURE-----\n';
const refName = /^[^\p{Cc} ~^:?*[\\]+$/u;

function invalid(what: string): AergoError {
  return new AergoError('AERGO_OBJECT_INVALID', `a tag is invalid: ${what}`);
}

/** What a tag's signature signs: its body up to the signature. Throws as `encodeTag`. */
export function tagPayload(tag: Tag): Uint8Array {
  if (!isOid(tag.object) || !isObjectType(tag.type)) throw invalid('it does not name an object and its type');
  if (!refName.test(tag.name) || !tag.name.isWellFormed()) throw invalid('its name cannot be the name of a ref');
  if (!tag.message.isWellFormed() || tag.message.includes('\0')) throw invalid('its message is not plain text');
  if (signatureStart.test(tag.message)) throw invalid('its message holds the start of a signature');
  const header = `object ${tag.object}\ntype ${tag.type}\ntag ${tag.name}\ntagger ${encodeIdent(tag.tagger)}\n`;
  return Buffer.from(`${header}\n${tag.message}`);
}

/**
 * The body of a tag.
 * @throws AergoError AERGO_OBJECT_INVALID for a value that the format cannot carry
 */
export function encodeTag(tag: Tag): Uint8Array {
  const payload = tagPayload(tag);
  if (tag.signature === undefined) return payload;
  if (!tag.message.endsWith('\n')) throw invalid('its message does not end its last line before the signature');
  if (!tag.signature.startsWith(sshStart) || !/^(?:[!-~][ -~]*\n)+$/.test(tag.signature)) {
    throw invalid('its signature is not lines of printable ASCII');
  }
  if (signatureStart.test(tag.signature.slice(sshStart.length))) throw invalid('it has a second signature');
  return Buffer.concat([payload, Buffer.from(tag.signature)]);
}

/**
 * Reads a tag's body. `encodeTag` of the result gives the same bytes.
 * @throws AergoError AERGO_OBJECT_INVALID for whatever the format refuses
 */
export function decodeTag(body: Uint8Array): Tag {
  const reader = new HeaderReader('tag', body);
  const object = reader.oid('object');
  const type = reader.required('type');
  if (!isObjectType(type)) throw invalid('its type is none of Git');
  const name = reader.required('tag');
  const tagger = decodeIdent(reader.required('tagger'));
  const rest = reader.rest();
  const start = rest.search(signatureStart);
  const tag: Tag = {
    object,
    type,
    name,
    tagger,
    message: start < 0 ? rest : rest.slice(0, start),
    ...(start < 0 ? {} : { signature: rest.slice(start) }),
  };
  if (Buffer.compare(encodeTag(tag), body) !== 0) throw invalid('it has another form than the format gives it');
  return tag;
}
