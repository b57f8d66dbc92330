/**
 * Writes the JSON Schemas of the format's JSON files into schemas/format/, from the schemas that the code checks with.
 * Run by hand after a change of the format: `node tools/format-schemas.ts`. A test keeps the files and the code equal.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { manifestSchema } from '../src/contract/manifest.ts';
import {
  approvalSchema,
  directorySchema,
  headSchema,
  memberSchema,
  policySchema,
  tagSchema,
} from '../src/directory/files.ts';
import { settledConflictSchema } from '../src/ledger/conflict-list.ts';
import { headerSchema } from '../src/ledger/header.ts';
import { receiptSchema } from '../src/ledger/receipt.ts';
import { transactionSchema } from '../src/ledger/transaction.ts';
import { tableSchemaForm } from '../src/state/schema.ts';

const schemas = {
  block: headerSchema,
  conflict: settledConflictSchema,
  directory: directorySchema,
  'directory-approval': approvalSchema,
  'directory-head': headSchema,
  'directory-tag': tagSchema,
  manifest: manifestSchema,
  member: memberSchema,
  policy: policySchema,
  receipt: receiptSchema,
  schema: tableSchemaForm,
  transaction: transactionSchema,
} as const;

/** The text of each file by its name. */
export function formatSchemas(): Map<string, string> {
  const text = (schema: z.ZodType) =>
    `${JSON.stringify(z.toJSONSchema(schema, { unrepresentable: 'any' }), null, 2)}\n`;
  return new Map(Object.entries(schemas).map(([name, schema]) => [`${name}.schema.json`, text(schema)]));
}

if (process.argv[1] === import.meta.filename) {
  const directory = join(import.meta.dirname, '../schemas/format');
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of formatSchemas()) writeFileSync(join(directory, name), text);
}
