/**
 * The schemas of `--json`, as tests use them: closed, so that a member which no schema describes is noticed. (The
 * published ones are open: outputs may grow.)
 */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';

const directory = fileURLToPath(new URL('../../schemas', import.meta.url));

/** The schemas by their file's name without ending: `call`, `contract.deploy`. */
export const schemaNames = globSync('*.schema.json', { cwd: directory })
  .map((file) => file.replace(/\.schema\.json$/, ''))
  .sort();

/** Those of commands about remotes, which remotes.test.ts and credential.test.ts hold against their output. */
export const remoteCommands: readonly string[] = [
  'clone',
  'credential',
  'fetch',
  'pull',
  'push',
  'remote.add',
  'remote.list',
  'remote.remove',
  'serve',
  'token',
];

const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true, strictTuples: false });
for (const name of schemaNames)
  ajv.addSchema(closed(JSON.parse(readFileSync(`${directory}/${name}.schema.json`, 'utf8'))));

/** What is wrong with an output by the schema that it names; undefined when nothing is. */
export function schemaFault(output: unknown): string | undefined {
  const schema = isRecord(output) && typeof output.schema === 'string' ? output.schema : '';
  const name = /^aergo\.(.+)\/1$/.exec(schema)?.[1] ?? '';
  const validate = ajv.getSchema(`${name}.schema.json`);
  if (validate === undefined) return `there is no schema ${JSON.stringify(schema)}`;
  return validate(output) ? undefined : ajv.errorsText(validate.errors);
}

function closed(value: unknown): Record<string, unknown> {
  const close = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(close);
    if (!isRecord(part)) return part;
    const inner = Object.fromEntries(Object.entries(part).map(([key, member]) => [key, close(member)]));
    const isObjectSchema =
      part.type === 'object' && isRecord(part.properties) && part.additionalProperties === undefined;
    return isObjectSchema ? { ...inner, additionalProperties: false } : inner;
  };
  const result = close(value);
  if (!isRecord(result)) throw new Error('a schema is an object');
  return result;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
