/**
 * The JSON files of a directory version. Each is one line of canonical JSON with LF, so there is one way to write it.
 * Frozen: docs/format.md, schemas in schemas/format/, vectors in fixtures/format/directory.json.
 */
import { z } from 'zod';
import { isKeyId, type KeyId } from '../crypto/key.ts';
import { logicSchema } from '../ledger/header.ts';
import { isRefName } from '../ledger/names.ts';
import { oidSchema, startSchema, timeSchema } from '../ledger/transaction.ts';
import { isNamePattern, isRole } from './roles.ts';

/** Bytes of a version at most: its commit, trees and files together. */
export const versionLimit_bytes = 1_048_576;
/** What may differ between a version and the one before, at most. */
export const changesLimit = 1_000;

export type Visibility = 'public' | 'private';

const inOrder = (texts: readonly string[]): boolean =>
  texts.every((text, index) => index === 0 || (texts[index - 1] ?? '') < text);
const keySchema = z
  .custom<KeyId>((value) => typeof value === 'string' && isKeyId(value))
  .meta({ type: 'string', pattern: '^ed25519:[A-Za-z0-9_-]{43}$' });
const count = z.int().min(1).max(1_000);

/** `directory.json`: the first version has nothing before it, and all others name what was. */
const shared = { format: z.literal(1), repository: oidSchema, time: timeSchema };
export const directorySchema = z.union([
  z.strictObject({ ...shared, version: z.literal(1) }),
  z.strictObject({ ...shared, expires: timeSchema.exactOptional(), previous: oidSchema, version: z.int().min(2) }),
]);

/** `heads/<branch>.json`: a block of the branch or, while it has none of its own, the block it was made from. */
export const headSchema = z.strictObject({
  head: oidSchema,
  height: z.int().min(0),
  /** What the branch agreed on for merges; where it has a block of its own, that says it. */
  logic: logicSchema.exactOptional(),
  start: startSchema,
});
export type Head = z.infer<typeof headSchema>;

/** `tags/<snapshot>.json`: the tag, and the block that it names. */
export const tagSchema = z.strictObject({ block: oidSchema, tag: oidSchema });
export type Tag = z.infer<typeof tagSchema>;

const reasonSchema = z.string().min(1).max(200);

/** `members/<43 characters>.json`. */
export const memberSchema = z.strictObject({
  /** The version that it came with. */
  from: z.int().min(1),
  name: z.string().min(1).max(200),
  /** The key whose place it took, of the same member. */
  replaces: keySchema.exactOptional(),
  /** Since which version it has no rights any more. */
  revoked: z.strictObject({ reason: reasonSchema, version: z.int().min(2) }).exactOptional(),
  roles: z
    .array(z.string().refine(isRole))
    .min(1)
    .max(100)
    .refine(inOrder, { message: 'roles stand in order, each once' }),
});
export type MemberFile = z.infer<typeof memberSchema>;
export interface Member extends MemberFile {
  readonly key: KeyId;
}

const refPattern = z.string().refine((text) => {
  const name = /^refs\/(?:heads|tags)\/(.*)$/s.exec(text)?.[1];
  return name !== undefined && (name === '*' || isNamePattern(name));
});
/** What holds for the refs of a pattern, beside what holds for all. Where several rules match, all of them hold. */
const ruleSchema = z
  .strictObject({
    /** Admins who must agree before a ref moves other than forward, or is deleted. */
    approvals: count.exactOptional(),
    /** How other branches may be merged into it; `pinned`: by a logic that has changed since. */
    merge: z
      .array(z.enum(['agreed', 'automatic', 'pinned', 'rows']))
      .min(1)
      .refine(inOrder)
      .exactOptional(),
    ref: refPattern,
    /** Hashes of the merge logics that an agreed merge into it may use. */
    resolvers: z
      .array(z.string().regex(/^[0-9a-f]{64}$/))
      .min(1)
      .max(100)
      .refine(inOrder)
      .exactOptional(),
  })
  .refine((rule) => Object.keys(rule).length > 1, { message: 'a rule says something' });

/** `policy.json`. */
export const policySchema = z.strictObject({
  /** Blob ids of the engine descriptions that blocks may name, oldest first. */
  engines: z
    .array(oidSchema)
    .min(1)
    .max(1_000)
    .refine((ids) => new Set(ids).size === ids.length),
  /** Where the directory is written; all other places are mirrors. */
  home: z.string().refine(isPlace).exactOptional(),
  /** ms: how long a version is to be believed without a newer one. */
  lifetime: z.int().min(60_000).max(315_360_000_000).exactOptional(),
  rules: z
    .array(ruleSchema)
    .min(1)
    .max(1_000)
    .refine((rules) => inOrder(rules.map((rule) => rule.ref)), { message: 'rules stand in the order of their refs' })
    .exactOptional(),
  /** Admins who must agree on a change of members or policy; one where it is left out. */
  threshold: count.min(2).exactOptional(),
  visibility: z.enum(['public', 'private']),
});
export type Policy = z.infer<typeof policySchema>;

/** `approvals/<43 characters>.json`. */
export const approvalSchema = z.strictObject({ sig: z.string().regex(/^[A-Za-z0-9_-]{86}$/) });
export type Approval = z.infer<typeof approvalSchema>;

/** A URL or path that can be shown, and holds no name, password or option. */
function isPlace(text: string): boolean {
  if (text.length === 0 || text.length > 2_000 || text.startsWith('-')) return false;
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]/u.test(text) || /^[a-z0-9+.-]*::/i.test(text)) return false;
  return !/^[a-z][a-z0-9+.-]*:\/\/[^/]*@/i.test(text);
}

const keyPrefix = 'ed25519:';
const ending = '.json';

/** The name of a member's or an approval's file. */
export const keyFile = (key: KeyId): string => `${key.slice(keyPrefix.length)}${ending}`;

/** The key that a file is named after; `undefined` for a name that none has. */
export function keyOfFile(file: string): KeyId | undefined {
  const key = `${keyPrefix}${file.slice(0, -ending.length)}`;
  return file.endsWith(ending) && isKeyId(key) ? key : undefined;
}

/** The name of a head's or a tag's file: the ref's name with `/` as `%2F` and `%` as `%25`. */
export const refFile = (name: string): string => `${name.replaceAll('%', '%25').replaceAll('/', '%2F')}${ending}`;

/** The branch or snapshot that a file is named after; `undefined` for a name that none has. */
export function refOfFile(file: string): string | undefined {
  if (!file.endsWith(ending)) return undefined;
  const name = file.slice(0, -ending.length).replaceAll('%2F', '/').replaceAll('%25', '%');
  return isRefName(name) && refFile(name) === file ? name : undefined;
}
