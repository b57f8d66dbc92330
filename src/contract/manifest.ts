/**
 * `manifest.json` of a contract in the state: who deployed it first, and what it offers, so that calls can be judged without
 * any engine. Frozen with format 1 (JSON Schema: schemas/format/manifest.schema.json; vectors: fixtures/format/manifest.json).
 */
import { z } from 'zod';
import { canonicalJson, parseCanonicalJson } from '../crypto/canonical-json.ts';
import { AergoError } from '../errors.ts';
import {
  type DomainType,
  type EnumType,
  type FunctionSignature,
  isPublic,
  type ParsedContract,
} from './parsed-contract.ts';

export type { FunctionSignature } from './parsed-contract.ts';

const name = z.string().regex(/^[a-z][a-z0-9_]{0,47}$/);
const type = z
  .string()
  .min(1)
  .describe('As in numeric(15,2), in the base names of PostgreSQL, or the name of an enum or domain.');

/** The strict form of `manifest.json`. */
export const manifestSchema = z.strictObject({
  author: z
    .string()
    .regex(/^ed25519:[A-Za-z0-9_-]{43}$/)
    .describe('The key id of whoever deployed it first; never changes.'),
  deploy: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('The id of the transaction that deployed it first; never changes.'),
  replaces: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable()
    .describe('The blob id of the source that this one replaced.'),
  functions: z
    .array(
      z.strictObject({
        name,
        arguments: z.array(z.strictObject({ name: z.string().min(1).max(63), type })),
        returns: type,
      }),
    )
    .describe('The public functions, in the order of the source.'),
  tables: z.array(name),
  types: z.array(z.strictObject({ name, labels: z.array(z.string()) })).describe('Enum types.'),
  domains: z.array(z.strictObject({ name, type })),
  views: z.array(name),
});

export interface ContractManifest {
  /** Key id of the first deploy's author. */
  readonly author: string;
  /** Transaction id of the first deploy. */
  readonly deploy: string;
  readonly replaces: string | null;
  /** The public functions. */
  readonly functions: readonly FunctionSignature[];
  readonly tables: readonly string[];
  readonly types: readonly EnumType[];
  readonly domains: readonly DomainType[];
  readonly views: readonly string[];
}

/** The manifest of a contract that is deployed. @param origin what the source does not say */
export function manifestOf(
  contract: ParsedContract,
  origin: Pick<ContractManifest, 'author' | 'deploy' | 'replaces'>,
): ContractManifest {
  return {
    author: origin.author,
    deploy: origin.deploy,
    replaces: origin.replaces,
    functions: contract.functions.filter(isPublic),
    tables: contract.tables.map((table) => table.name),
    types: contract.types,
    domains: contract.domains,
    views: contract.views,
  };
}

/** The text of `manifest.json`: canonical JSON and LF. @throws AergoError AERGO_MANIFEST_INVALID */
export function encodeManifest(manifest: ContractManifest): string {
  const form = manifestSchema.safeParse(manifest);
  if (!form.success) throw invalid(form.error);
  return `${canonicalJson(form.data)}\n`;
}

/**
 * The manifest that a text holds; `encodeManifest` of it gives the same text.
 * @throws AergoError AERGO_MANIFEST_INVALID
 */
export function parseManifest(text: string): ContractManifest {
  let value: unknown;
  try {
    if (!text.endsWith('\n')) throw new Error('it does not end with LF');
    value = parseCanonicalJson(text.slice(0, -1));
  } catch (error) {
    throw invalid(error);
  }
  const form = manifestSchema.safeParse(value);
  if (!form.success) throw invalid(form.error);
  return form.data;
}

function invalid(cause: unknown): AergoError {
  const issue = cause instanceof z.ZodError ? cause.issues[0] : undefined;
  const what =
    issue === undefined
      ? cause instanceof Error
        ? cause.message
        : String(cause)
      : `${issue.path.join('.') || 'the whole'}: ${issue.message}`;
  return new AergoError('AERGO_MANIFEST_INVALID', `a manifest.json is invalid: ${what}`, { cause });
}
