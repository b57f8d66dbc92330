/**
 * The gate in front of a person's query: one statement, and one that only reads. What it reads is the person's own machine's
 * copy; the engine runs it in a read-only transaction that is rolled back.
 */
import { AergoError } from '../errors.ts';
import { loadParser, ParseFailure, parseStatements } from './parser.ts';
import { fieldsOf, isFields, nodeOf } from './syntax-tree.ts';

/** @throws AergoError AERGO_QUERY_REFUSED */
export async function checkQuery(sql: string): Promise<void> {
  await loadParser();
  const trees = parse(sql);
  if (trees.length !== 1)
    throw refused(trees.length === 0 ? 'there is no statement' : 'there is more than one statement');
  const node = nodeOf(trees[0]);
  if (node?.kind !== 'SelectStmt') throw refused('it is no SELECT, VALUES or WITH');
  if (isChanging(trees[0])) throw refused('it would change something');
}

function parse(sql: string): unknown[] {
  try {
    return parseStatements(sql).map(({ tree }) => tree);
  } catch (error) {
    if (!(error instanceof ParseFailure)) throw error;
    throw new AergoError('AERGO_QUERY_REFUSED', `The query does not parse: ${error.message}.`, {
      cause: error,
      details: { at: error.at },
    });
  }
}

const changing = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);

function isChanging(tree: unknown): boolean {
  try {
    return changes(tree);
  } catch (error) {
    if (error instanceof RangeError) throw refused('it is nested too deeply');
    throw error;
  }
}

function changes(tree: unknown): boolean {
  if (Array.isArray(tree)) return tree.some(changes);
  if (!isFields(tree)) return false;
  const node = nodeOf(tree);
  if (node !== undefined && changing.has(node.kind)) return true;
  if (node?.kind === 'SelectStmt' && node.fields.intoClause !== undefined) return true;
  return Object.values(fieldsOf(tree)).some(changes);
}

function refused(why: string): AergoError {
  return new AergoError('AERGO_QUERY_REFUSED', `The query was refused: ${why}.`, {
    hint: 'one SELECT, VALUES or WITH; what changes rows is a function of a contract: aergo call',
  });
}
