/**
 * Who changed a row since the base, where the two sides have deployed the same new schema since: then every line is another
 * one, and the columns tell. In doubt a side changed it: what the migration wrote into a row counts as its change.
 */
import { decodeRow, encodeRow, type RowValues } from './row.ts';
import type { TableSchema } from './schema.ts';

/** A row in three versions, as lines; null: no such row. */
export interface RowVersions {
  readonly base: string | null;
  readonly ours: string | null;
  readonly theirs: string | null;
}

interface ComparedColumn {
  readonly name: string;
  /** Whether the base has it too, with a type of the same kind. */
  readonly isKept: boolean;
  /** A number whose scale is fixed on the sides. */
  readonly isScaled: boolean;
  readonly isGenerated: boolean;
}

const noRow: RowValues = Object.freeze(Object.create(null));

export class RowComparison {
  readonly #columns: readonly ComparedColumn[];

  /**
   * @param base the schema that the table has at the base
   * @param sides the schema that both sides have, with the same key
   */
  constructor(base: TableSchema, sides: TableSchema) {
    const kinds = new Map(base.columns.map(({ name, type }) => [name, kindOf(type)]));
    this.#columns = sides.columns.map(({ name, type, modifier, generated = false }) => {
      const kind = kindOf(type);
      const isScaled = kind === 'number' && (type !== 'numeric' || modifier !== undefined);
      return { name, isKept: kinds.get(name) === kind, isScaled, isGenerated: generated };
    });
  }

  /**
   * Whether a side changed the row. It did not where the columns that the base has too are as there, and the others as on
   * the other side: nobody knows what a deploy alone would have put there. Generated columns follow from the others.
   */
  isChangedBy(side: 'ours' | 'theirs', row: RowVersions): boolean {
    const { base, [side]: mine } = row;
    if (base === null || mine === null) return mine !== base;
    const [before, now, there] = [base, mine, side === 'ours' ? row.theirs : row.ours].map(valuesOf);
    return this.#columns.some((column) => {
      if (column.isGenerated) return false;
      return !isSame(column, now?.[column.name], (column.isKept ? before : there)?.[column.name]);
    });
  }

  /**
   * The base's row in the columns of the sides. A column that the base has not is as both sides have it, null where they
   * have it differently; a number that a side has with another scale is as there.
   */
  baseOf({ base, ours, theirs }: RowVersions): string | null {
    if (base === null) return null;
    const [before = noRow, here = noRow, there = noRow] = [base, ours, theirs].map(valuesOf);
    const values = this.#columns.map((column): [string, string | null] => {
      const { name, isKept } = column;
      const sides = [here[name] ?? null, there[name] ?? null];
      const known = before[name];
      if (known === undefined) return [name, sides[0] === sides[1] ? (sides[0] ?? null) : null];
      const found = isKept ? sides.find((value) => isSame(column, value, known)) : undefined;
      return [name, found ?? known];
    });
    return encodeRow(Object.fromEntries(values));
  }
}

/** Types whose texts can be compared with each other. */
function kindOf(type: string): string {
  if (['int2', 'int4', 'int8', 'numeric'].includes(type)) return 'number';
  return type === 'varchar' ? 'text' : type;
}

const valuesOf = (line: string | null): RowValues => (line === null ? noRow : decodeRow(line));

/** Whether two texts of a column are the same value. */
function isSame({ isScaled }: ComparedColumn, a: string | null = null, b: string | null = null): boolean {
  return a === b || (isScaled && a !== null && b !== null && withoutScale(a) === withoutScale(b));
}

/** A number without the zeros that only its scale puts there. */
const withoutScale = (number: string): string => (number.includes('.') ? number.replace(/\.?0+$/, '') : number);
