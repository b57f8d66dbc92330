/**
 * What the vectors of fixtures/format/state-*.json are made from, and how they are made: inputs, and what the format makes of
 * them. `node tools/freeze-state-vectors.ts` writes the files, on purpose only: a change of one is another format.
 */
import { AergoError } from '../../src/errors.ts';
import { ObjectBuffer } from '../../src/object/source.ts';
import { boundaryHash, endsNode, endsPage, entryLength } from '../../src/state/boundary.ts';
import { nameOfKey } from '../../src/state/name.ts';
import { encodeRow, rowVersion } from '../../src/state/row.ts';
import { encodeTableSchema, type TableSchema } from '../../src/state/schema.ts';
import { emptyState, updateState } from '../../src/state/state-update.ts';
import { emptyTable, NodeCache, type RowUpdate, type TableRoot, updateTable } from '../../src/state/table.ts';
import { note, notes, nothing } from './sample-tables.ts';

const keys: readonly [types: string[], key: string[]][] = [
  [['text'], ['alice']],
  [['text'], ['']],
  [['text'], ['Zürich, 8001']],
  [['text'], ['a-b.c@d_e~f']],
  [['text'], ['/0:@A[`a{\u007f']],
  [['text'], ['😀\n']],
  [['varchar'], ['a'.repeat(239)]],
  [['varchar'], ['a'.repeat(240)]],
  [['int2'], ['0']],
  [['int4'], ['7']],
  [['int4'], ['-7']],
  [['int8'], ['1234567890']],
  [['int8'], ['9223372036854775807']],
  [['int8'], ['-9223372036854775808']],
  [['int8'], ['9223372036854775808']],
  [['int8'], ['-0']],
  [['int8'], ['007']],
  [['numeric'], ['-12.50']],
  [['numeric'], ['NaN']],
  [['numeric'], ['Infinity']],
  [['bool'], ['t']],
  [['uuid'], ['6f9619ff-8b86-d011-b42d-00cf4fc964ff']],
  [['date'], ['2024-02-29']],
  [['date'], ['infinity']],
  [['date'], ['0044-03-15 BC']],
  [['timestamp'], ['2024-02-29 12:30:00.5']],
  [['timestamptz'], ['2024-02-29 12:30:00+00']],
  [['bytea'], ['\\x00ff']],
  [['mood'], ['NaN']],
  [
    ['text', 'int4', 'text'],
    ['north', '-42', ''],
  ],
  [
    ['text', 'text'],
    ['a', 'b-'],
  ],
];

function keyed(types: readonly string[]): TableSchema {
  const columns = types.map((type, at) => ({ name: `k${at}`, type }));
  return { columns, key: columns.map(({ name }) => name), elements: [], indexes: [] };
}

function nameVectors(): unknown {
  return keys.map(([types, key]) => {
    try {
      return { types, key, name: nameOfKey(keyed(types), key) };
    } catch (error) {
      return { types, key, refused: error instanceof AergoError ? error.code : String(error) };
    }
  });
}

const rows: readonly Record<string, string | null>[] = [
  { owner: 'alice', balance: '87.50' },
  { owner: 'bob', balance: null },
  { owner: 'Zoë 😀', balance: '-0.01' },
  { b: 'quote " backslash \\ tab \t newline \n', a: '\u0000\u0001\u001f\u007f\u0080\u2028', '10': '', '9': '/' },
  {
    '\u20ac': 'Euro',
    '\r': 'CR',
    '\ufb33': 'Hebrew',
    '1': 'One',
    '\ud83d\ude00': 'Emoji',
    '\u0080': 'Control',
    '\u00f6': 'Latin',
  },
];

function rowVectors(): unknown {
  return rows.map((values) => {
    const line = encodeRow(values);
    return { values, line, version: rowVersion(line) };
  });
}

const names = [
  '-',
  'alice-',
  'acc0000001-',
  'pa0-',
  'pd1244-',
  'mz2-',
  'Z~c3~bcrich.2c.208001-',
  `${'a'.repeat(239)}-`,
];

/** Around the smallest sum at which the rule ends a node after a name. */
function sumsAround(ends: (sum: number) => boolean, least: number, most: number): number[] {
  let first = least;
  while (first < most && !ends(first)) first += 1;
  return [...new Set([least - 1, least, first - 1, first, most - 1, most])].sort((a, b) => a - b);
}

function boundaryVectors(): unknown {
  return {
    hashes: names.flatMap((name) => [0, 1, 2, 3].map((level) => ({ level, name, hash: boundaryHash(level, name) }))),
    pages: names.flatMap((name) =>
      [24, 50, 400].flatMap((length) =>
        sumsAround((sum) => endsPage(name, length, sum), 512, 8192).map((sum) => ({
          name,
          length,
          sum,
          ends: endsPage(name, length, sum),
        })),
      ),
    ),
    nodes: names.flatMap((name) =>
      [1, 2].flatMap((level) =>
        [1, 2, 9].flatMap((count) =>
          sumsAround((sum) => endsNode(level, name, sum, count), 256, 4096).map((sum) => ({
            name,
            length: entryLength(name),
            level,
            count,
            sum,
            ends: endsNode(level, name, sum, count),
          })),
        ),
      ),
    ),
  };
}

/** Rows `first`, `first + step`, …, `count` of them; the note of row i is `i mod 50` times `x`. */
interface Run {
  readonly first: number;
  readonly step: number;
  readonly count: number;
}

interface TreeStep {
  readonly about: string;
  readonly put?: Run;
  readonly remove?: Run;
}

const histories: readonly TreeStep[][] = [
  [
    { about: 'no rows: an empty page' },
    { about: 'one row', put: { first: 7, step: 1, count: 1 } },
    { about: 'ten rows, one page', put: { first: -5, step: 1, count: 10 } },
    { about: 'no rows again', remove: { first: -5, step: 1, count: 13 } },
  ],
  [
    { about: 'ten pages', put: { first: 1000, step: 2, count: 400 } },
    {
      about: 'an insertion that shifts an end across pages: three pages are other ones',
      put: { first: 1385, step: 1, count: 1 },
    },
    { about: 'its deletion: the ten pages as they were', remove: { first: 1385, step: 1, count: 1 } },
    {
      about: 'a deletion of the last row of a page, which merges pages: five become four',
      remove: { first: 1306, step: 1, count: 1 },
    },
    { about: 'an insertion before the first row', put: { first: 999, step: 1, count: 1 } },
    { about: 'rows behind the last', put: { first: 1800, step: 1, count: 30 } },
    { about: 'all but twelve rows deleted: the root is a page', remove: { first: 1011, step: 1, count: 900 } },
  ],
  [
    { about: 'a tree of three levels of nodes over the pages', put: { first: 0, step: 1, count: 60_000 } },
    { about: 'a hundred scattered rows deleted', remove: { first: 300, step: 599, count: 100 } },
    { about: 'a thousand rows in its midst deleted', remove: { first: 30_000, step: 1, count: 1000 } },
    { about: 'the right half deleted: a level less', remove: { first: 2000, step: 1, count: 58_000 } },
    { about: 'all but the first rows deleted: the root is a page', remove: { first: 10, step: 1, count: 60_000 } },
  ],
];

function idsOf({ first, step, count }: Run): number[] {
  return Array.from({ length: count }, (_, at) => first + at * step);
}

/** The row of a vector's table with this id. */
function vectorRow(id: number): { name: string; line: string } {
  return note(id, 'x'.repeat(((id % 50) + 50) % 50));
}

/** The changes that a step makes. */
export function changesOf({ put, remove }: TreeStep): RowUpdate[] {
  return [
    ...(remove === undefined ? [] : idsOf(remove).map((id) => ({ name: vectorRow(id).name, line: null }))),
    ...(put === undefined ? [] : idsOf(put).map(vectorRow)),
  ];
}

function nodesOf(buffer: ObjectBuffer, root: TableRoot): { levels: number; pages: [string, string][] } {
  const cache = new NodeCache();
  let level: [string, TableRoot['oid']][] = [['', root.oid]];
  let { mode } = root;
  let levels = 0;
  for (; mode === '40000'; levels += 1) {
    const nodes = level.map(([, oid]) => cache.node(buffer, oid));
    mode = nodes[0]?.mode ?? '100644';
    level = nodes.flatMap((node) =>
      node.names.map((name, at): [string, TableRoot['oid']] => [name, node.values[at] ?? root.oid]),
    );
  }
  return { levels, pages: level };
}

function treeVectors(): unknown {
  const buffer = new ObjectBuffer(nothing);
  return {
    schema: encodeTableSchema(notes),
    histories: histories.map((steps) => {
      let root = emptyTable(buffer);
      return steps.map((step) => {
        root = updateTable(buffer, { schema: notes, root }, changesOf(step));
        const { levels, pages } = nodesOf(buffer, root);
        // All pages only where they can be read by a person.
        return {
          ...step,
          mode: root.mode,
          oid: root.oid,
          levels,
          count: pages.length,
          ...(pages.length <= 20 ? { pages } : {}),
        };
      });
    }),
  };
}

function stateVectors(): unknown {
  const buffer = new ObjectBuffer(nothing);
  const empty = emptyState(buffer);
  const contract = { source: '-- bank\r\n', manifest: '{"author":"nobody"}\n', tables: new Map([['notes', notes]]) };
  const deployed = updateState(buffer, empty, { contracts: new Map([['bank', contract]]) });
  const root = updateTable(
    buffer,
    { schema: notes, root: emptyTable(buffer) },
    changesOf({ about: '', put: { first: 1000, step: 2, count: 400 } }),
  );
  const filled = updateState(buffer, deployed, { rows: new Map([['bank.notes', root]]) });
  const second = { ...contract, source: '-- bank 2\n', migrate: '-- from 1 to 2\n' };
  const migrated = updateState(buffer, filled, { contracts: new Map([['bank', second]]) });
  return [
    { about: 'empty', oid: empty },
    {
      about: 'contract bank with contract.sql "-- bank\\r\\n", manifest.json and the table notes without rows',
      oid: deployed,
    },
    { about: 'the same with the ten pages of state-trees.json', oid: filled },
    { about: 'contract.sql "-- bank 2\\n", migrate.sql "-- from 1 to 2\\n"', oid: migrated },
  ];
}

/** The vectors by file, each with what it is about. */
export const vectorFiles: ReadonlyMap<string, () => unknown> = new Map([
  [
    'state-names.json',
    () => ({
      about: 'Row names of keys by the types of their columns, or the code they are refused with.',
      vectors: nameVectors(),
    }),
  ],
  ['state-rows.json', () => ({ about: 'Lines of rows, and their versions.', vectors: rowVectors() })],
  [
    'state-boundaries.json',
    () => ({
      about:
        'Hashes of names by level; where pages and nodes end: around the least sum, the greatest, and where the rule turns.',
      ...Object(boundaryVectors()),
    }),
  ],
  [
    'state-trees.json',
    () => ({
      about:
        'Trees of a table notes(id int4, note text): rows first, first + step, … (count of them) put or removed one step after the other; the note of row i is i mod 50 times "x".',
      ...Object(treeVectors()),
    }),
  ],
  [
    'state-states.json',
    () => ({
      about: 'Ids of whole states; the manifest is {"author":"nobody"} and LF, the schema that of state-trees.json.',
      vectors: stateVectors(),
    }),
  ],
]);
