/**
 * Approvals: an admin's signature over the version before and the tree that is to be, so that thresholds are met by people
 * who saw exactly this. Frozen: docs/format.md, vectors in fixtures/format/directory.json.
 */
import { verifySignature } from '../crypto/ed25519.ts';
import type { KeyId, SigningKey } from '../crypto/key.ts';
import type { Oid } from '../object/oid.ts';
import type { Approval } from './files.ts';

/** What an approval is of: `draft` is the tree without approvals. */
export interface Draft {
  readonly repository: Oid;
  readonly previous: Oid;
  readonly draft: Oid;
}

const signedBytes = ({ repository, previous, draft }: Draft): Uint8Array =>
  Buffer.from(`aergo directory approval v1\n${repository}\n${previous}\n${draft}\n`);

export const approve = (draft: Draft, key: SigningKey): Approval => ({
  sig: Buffer.from(key.sign(signedBytes(draft))).toString('base64url'),
});

/** Whether the key approved exactly this. */
export function isApproval(draft: Draft, key: KeyId, { sig }: Approval): boolean {
  const signature = Buffer.from(sig, 'base64url');
  return signature.toString('base64url') === sig && verifySignature(key, signedBytes(draft), signature);
}
