/**
 * Transactions: their JSON, their id and their signature. Frozen: docs/format.md, vectors in fixtures/format/.
 *
 * A transaction is one canonical JSON line. Its id is the SHA-256 of what its author signs, so it belongs to one
 * repository and nobody can give it a second id.
 */
import { hash } from 'node:crypto';
import { z } from 'zod';
import { isContractName } from '../contract/names.ts';
import { canonicalJson, parseCanonicalJson } from '../crypto/canonical-json.ts';
import { verifySignature } from '../crypto/ed25519.ts';
import { isKeyId, type KeyId, type SigningKey } from '../crypto/key.ts';
import { AergoError } from '../errors.ts';
import { isOid, type Oid } from '../object/oid.ts';
import { namePattern } from '../state/state.ts';
import { isRefName } from './names.ts';

/** The id of a transaction: 64 hex digits. */
export type TransactionId = string & { readonly __transactionId: true };

/** At most this many bytes of canonical JSON, LF not counted. */
const transactionLimit_bytes = 1_048_576;

const argumentsLimit = 100;

export const oidSchema = z
  .custom<Oid>((value) => typeof value === 'string' && isOid(value))
  .meta({ type: 'string', pattern: '^[0-9a-f]{64}$' });
export const transactionIdSchema = z
  .custom<TransactionId>((value) => typeof value === 'string' && isOid(value))
  .meta({ type: 'string', pattern: '^[0-9a-f]{64}$' });
const keyIdSchema = z
  .custom<KeyId>((value) => typeof value === 'string' && isKeyId(value))
  .meta({ type: 'string', pattern: '^ed25519:[A-Za-z0-9_-]{43}$' });
export const startSchema = z.string().regex(/^[0-9a-f]{16}$/);
const identifierSchema = z.string().regex(namePattern);
/** Milliseconds since 1970, UTC. */
export const timeSchema = z.int().min(0).max(8_640_000_000_000_000);

const contractNameSchema = identifierSchema.refine(isContractName);
export const qualifiedTableSchema = z.string().regex(/^[a-z][a-z0-9_]{0,47}\.[a-z][a-z0-9_]{0,47}$/);
/** `branch:start`. */
export const boundBranchSchema = z.string().refine((value) => {
  const colon = value.lastIndexOf(':');
  return colon > 0 && isRefName(value.slice(0, colon)) && /^[0-9a-f]{16}$/.test(value.slice(colon + 1));
});
const textSchema = z.string().refine((value) => value.isWellFormed());
export const rowVersionSchema = z.string().regex(/^[0-9a-f]{32}$/);

const expectationSchema = z.strictObject({
  key: z.array(textSchema).min(1).max(32),
  table: qualifiedTableSchema,
  version: rowVersionSchema.nullable(),
});
/** A row version that a transaction was signed on; `version: null`: the row must not exist. */
export type Expectation = z.infer<typeof expectationSchema>;

const signature = {
  author: keyIdSchema,
  branch: boundBranchSchema,
  nonce: z.string().regex(/^[A-Za-z0-9_-]{16}$/),
  sig: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
};
const conditions = {
  base: oidSchema.exactOptional(),
  expect: z.array(expectationSchema).min(1).max(1_000).exactOptional(),
  expires: timeSchema.exactOptional(),
  /** The dropped transaction that this one is signed anew for: of the two, one takes effect. */
  instead: transactionIdSchema.exactOptional(),
  merge: z.literal(false).exactOptional(),
};
const common = { ...signature, ...conditions };

const callSchema = z.strictObject({
  ...common,
  args: z.array(textSchema.nullable()).max(argumentsLimit),
  contract: contractNameSchema,
  function: identifierSchema,
  kind: z.literal('call'),
});
const deploySchema = z
  .strictObject({
    ...common,
    contract: contractNameSchema,
    kind: z.literal('deploy'),
    migrate: textSchema.exactOptional(),
    replaces: oidSchema.nullable(),
    source: textSchema,
  })
  .refine(({ migrate, replaces }) => migrate === undefined || replaces !== null, {
    message: 'there is nothing to migrate where replaces is null',
  });
const revertSchema = z.strictObject({ ...common, kind: z.literal('revert'), of: transactionIdSchema });
const importSchema = z.strictObject({
  ...common,
  columns: z.array(identifierSchema).min(1).max(1_600),
  data: oidSchema,
  kind: z.literal('import'),
  rows: z.int().min(0),
  table: qualifiedTableSchema,
});

export const choiceSchema = z.strictObject({
  key: z.array(textSchema).min(1).max(32),
  row: z.record(identifierSchema, textSchema.nullable()).nullable(),
  table: qualifiedTableSchema,
});
/** What a person decided of one conflict: the row to have, with all of its columns; null: none. */
export type Choice = z.infer<typeof choiceSchema>;

/** Settles conflicts of the one merge of `theirs` into `ours`, and stands nowhere else: nothing can make it fit elsewhere. */
const resolveSchema = z.strictObject({
  ...signature,
  choices: z.array(choiceSchema).min(1),
  kind: z.literal('resolve'),
  ours: oidSchema,
  theirs: oidSchema,
});

export const transactionSchema = z.discriminatedUnion('kind', [
  callSchema,
  deploySchema,
  importSchema,
  resolveSchema,
  revertSchema,
]);

export type CallTransaction = z.infer<typeof callSchema>;
export type DeployTransaction = z.infer<typeof deploySchema>;
export type ImportTransaction = z.infer<typeof importSchema>;
export type ResolveTransaction = z.infer<typeof resolveSchema> & { readonly [M in keyof typeof conditions]?: never };
export type RevertTransaction = z.infer<typeof revertSchema>;
export type Transaction =
  | CallTransaction
  | DeployTransaction
  | ImportTransaction
  | ResolveTransaction
  | RevertTransaction;

type Unsigned<T extends Transaction> = T extends Transaction ? Omit<T, 'author' | 'sig'> : never;
/** What an author is asked to sign: everything but who and the signature. */
export type UnsignedTransaction = Unsigned<Transaction>;

/** A decoded transaction with its id and its canonical line (without LF). */
export interface SignedTransaction {
  readonly id: TransactionId;
  readonly transaction: Transaction;
  readonly line: string;
}

/** The bytes that the author signs: domain, repository, canonical JSON without `sig`. */
function signedBytes(repository: Oid, transaction: Omit<Transaction, 'sig'>): Uint8Array {
  const { sig: _, ...unsigned } = transaction as Transaction;
  return Buffer.from(`aergo transaction v1\n${repository}\n${canonicalJson(unsigned)}`);
}

/** Signs a transaction for the repository with `key`. */
export function signTransaction(repository: Oid, unsigned: UnsignedTransaction, key: SigningKey): SignedTransaction {
  const transaction = { ...unsigned, author: key.id } as Omit<Transaction, 'sig'>;
  const bytes = signedBytes(repository, transaction);
  const sig = Buffer.from(key.sign(bytes)).toString('base64url');
  return decodeTransaction(repository, canonicalJson({ ...transaction, sig }));
}

/**
 * Decodes one line (without its LF) and computes the id. Structure only: the signature is `checkSignature`'s.
 * Throws `AERGO_TRANSACTION_INVALID`, `AERGO_TRANSACTION_TOO_LARGE` or `AERGO_JSON_NOT_CANONICAL`.
 */
export function decodeTransaction(repository: Oid, line: string): SignedTransaction {
  if (line.length > transactionLimit_bytes || Buffer.byteLength(line) > transactionLimit_bytes) {
    throw new AergoError('AERGO_TRANSACTION_TOO_LARGE', `a transaction has at most ${transactionLimit_bytes} bytes`);
  }
  const transaction = checkTransaction(parseCanonicalJson(line));
  const id = hash('sha256', signedBytes(repository, transaction)) as TransactionId;
  return { id, transaction, line };
}

/** Checks a parsed value against the schema; `AERGO_TRANSACTION_INVALID` names the member. */
export function checkTransaction(value: unknown): Transaction {
  const parsed = transactionSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const member = issue === undefined ? '' : issue.path.join('.');
  throw new AergoError(
    'AERGO_TRANSACTION_INVALID',
    member === 'kind'
      ? 'not a transaction: its kind is none of call, deploy, import, resolve, revert'
      : `not a transaction: ${member === '' ? '' : `${member}: `}${issue?.message ?? 'not an object'}`,
  );
}

/** Whether the author signed exactly this, for this repository. */
function signatureHolds(repository: Oid, signed: SignedTransaction): boolean {
  const { author, sig } = signed.transaction;
  const signature = Buffer.from(sig, 'base64url');
  return (
    verifySignature(author, signedBytes(repository, signed.transaction), signature) &&
    signature.toString('base64url') === sig
  );
}

/** Throws `AERGO_SIGNATURE_INVALID` unless the author signed exactly this, for this repository. */
export function checkSignature(repository: Oid, signed: SignedTransaction): void {
  if (signatureHolds(repository, signed)) return;
  throw new AergoError(
    'AERGO_SIGNATURE_INVALID',
    `transaction ${signed.id.slice(0, 7)} is not signed by ${signed.transaction.author} for this repository`,
    {
      hint: 'a signature holds for one repository only: was it signed for another?',
      details: { transaction: signed.id },
    },
  );
}
