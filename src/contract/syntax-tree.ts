/**
 * Reads libpg-query's parse trees, which are JSON: a node is an object with one member, named after PostgreSQL's struct.
 * Trees come from hostile sources only through PostgreSQL's own parser, so their shape is trusted; absent members are not.
 */

/** The members of a struct. */
export type Fields = Readonly<Record<string, unknown>>;

/** A node: its struct's name and members. */
export interface Node {
  readonly kind: string;
  readonly fields: Fields;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A wrapped node; undefined when the value is none. */
export function nodeOf(value: unknown): Node | undefined {
  if (!isFields(value)) return undefined;
  const [kind, ...more] = Object.keys(value);
  if (kind === undefined || more.length > 0 || !/^[A-Z]/.test(kind)) return undefined;
  const fields = value[kind];
  return isFields(fields) ? { kind, fields } : undefined;
}

export function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  const node = nodeOf(value);
  return node?.kind === 'List' && Array.isArray(node.fields.items) ? node.fields.items : [];
}

export function nodesOf(value: unknown): Node[] {
  return listOf(value).flatMap((item) => nodeOf(item) ?? []);
}

export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** The text of a String node. */
export function stringOf(value: unknown): string | undefined {
  const node = nodeOf(value);
  return node?.kind === 'String' ? (textOf(node.fields.sval) ?? '') : undefined;
}

/** The texts of a list of String nodes. */
export function stringsOf(value: unknown): string[] {
  return listOf(value).flatMap((item) => stringOf(item) ?? []);
}

/** Where a struct says that it stands; 0 at the very beginning, where the parser leaves it out. */
export function placeOf(fields: Fields, otherwise = 0): number {
  return numberOf(fields.location) ?? otherwise;
}
