/**
 * The merge logic that a contract has: its resolver, and the hash of all that says what the resolver does. Whoever has the
 * same hash merges by the same rules. The hash's form is frozen: docs/format.md, "Merge logic"; vectors in
 * fixtures/format/merge-logic.json.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../crypto/canonical-json.ts';
import { AergoError } from '../errors.ts';
import { functionName } from './function-rules.ts';
import { callsOutOf, contractOf } from './gate.ts';
import type { FunctionSignature } from './parsed-contract.ts';
import { beginOf, loadParser, parseStatements } from './parser.ts';
import { fieldsOf, type Node, nodeOf, stringsOf, textOf } from './syntax-tree.ts';

const resolverArguments: readonly string[] = ['text', 'jsonb', 'jsonb', 'jsonb', 'jsonb'];

/** What a resolver looks like, for messages. */
const resolverForm =
  'CREATE FUNCTION name(table_name text, key jsonb, base jsonb, ours jsonb, theirs jsonb) RETURNS jsonb';

/** Whether a function settles conflicts: `(text, jsonb, jsonb, jsonb, jsonb) RETURNS jsonb`. */
function isResolver({ arguments: args, returns }: FunctionSignature): boolean {
  return returns === 'jsonb' && args.map(({ type }) => type).join() === resolverArguments.join();
}

/** Whether a function has a say on the result of a merge: `check_merge() RETURNS text`. */
export function isMergeCheck({ name, arguments: args, returns }: FunctionSignature): boolean {
  return name === 'check_merge' && args.length === 0 && returns === 'text';
}

/**
 * The hash of the logic that a contract's source defines: SHA-256, in 64 hexadecimal digits, of the canonical JSON list of
 * the texts of its functions, views, types and domains as their author wrote them, in name order.
 * @param name of the resolver, a function of the contract, public or private
 * @param contract its name, for messages
 * @throws AergoError AERGO_MERGE_LOGIC_INVALID where there is no such function, it is no resolver, or it calls another
 * contract; AERGO_CONTRACT_REFUSED for a source that cannot be read
 */
export async function mergeLogicHash(source: string, name: string, contract = 'the contract'): Promise<string> {
  const { functions } = await contractOf(source);
  const signature = functions.find((candidate) => candidate.name === name);
  if (signature === undefined)
    throw logicInvalid(`${contract} has no function ${name}`, {
      hint: `write it: ${resolverForm}, or name one that is there`,
      function: name,
      candidates: functions.filter(isResolver).map((one) => one.name),
    });
  if (!isResolver(signature)) {
    const has = `(${signature.arguments.map(({ type }) => type).join(', ')}) RETURNS ${signature.returns}`;
    throw logicInvalid(`${name}${has} cannot settle conflicts`, {
      hint: `write it: ${resolverForm}`,
      candidates: functions.filter(isResolver).map((one) => one.name),
    });
  }
  const [other] = await callsOutOf(source, name);
  if (other !== undefined)
    throw logicInvalid(`${name} calls ${other} of another contract, which may change while the branch lives`, {
      hint: 'write what it needs into the contract itself',
      candidates: [],
    });
  const texts = await definitionTexts(source);
  return createHash('sha256').update(canonicalJson(texts)).digest('hex');
}

/** The texts of what a source defines beside tables, as written, in name order. */
async function definitionTexts(source: string): Promise<string[]> {
  await loadParser();
  const bytes = Buffer.from(source, 'utf8');
  const definitions = parseStatements(source).flatMap((statement) => {
    const node = nodeOf(statement.tree);
    const name = node === undefined ? undefined : definedName(node);
    if (name === undefined) return [];
    return [{ name, text: bytes.toString('utf8', beginOf(statement, bytes), statement.to).trimEnd() }];
  });
  // A function and a type may have one name; their texts differ.
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return definitions.sort((a, b) => order(a.name, b.name) || order(a.text, b.text)).map(({ text }) => text);
}

/** The name of what a statement defines, if that is a function, a view, a type or a domain. */
function definedName({ kind, fields }: Node): string | undefined {
  if (kind === 'CreateFunctionStmt') return functionName(fields);
  if (kind === 'ViewStmt') return textOf(fieldsOf(fields.view).relname);
  if (kind === 'CreateEnumStmt') return stringsOf(fields.typeName).at(-1);
  return kind === 'CreateDomainStmt' ? stringsOf(fields.domainname).at(-1) : undefined;
}

function logicInvalid(
  message: string,
  { hint, ...details }: { readonly hint: string; readonly candidates: readonly string[]; readonly function?: string },
): AergoError {
  return new AergoError('AERGO_MERGE_LOGIC_INVALID', message, { hint, details });
}
