import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Oid } from '../../src/object/oid.ts';
import { ObjectBuffer, readTree } from '../../src/object/source.ts';
import { encodeTree, type TreeMode } from '../../src/object/tree.ts';
import { State } from '../../src/state/state.ts';
import { diffStates } from '../../src/state/state-difference.ts';
import { type ContractUpdate, emptyState, updateState } from '../../src/state/state-update.ts';
import { updateTable } from '../../src/state/table.ts';
import { accounts, CountingSource, codeOf, note, noteRows, notes, nothing, tableOf } from './sample-tables.ts';

const bank: ContractUpdate = {
  source: 'CREATE TABLE accounts …;\r\n-- as written\n',
  manifest: '{"author":"ed25519:…"}\n',
  tables: new Map([
    ['accounts', accounts],
    ['notes', notes],
  ]),
};

function deployed(): { buffer: ObjectBuffer; empty: Oid; state: Oid } {
  const buffer = new ObjectBuffer(nothing);
  const empty = emptyState(buffer);
  return { buffer, empty, state: updateState(buffer, empty, { contracts: new Map([['bank', bank]]) }) };
}

describe('a state', () => {
  test('without anything is the empty tree', () => {
    const { buffer, empty } = deployed();
    expect(buffer.read(empty)).toMatchObject({ type: 'tree', body: Buffer.alloc(0) });
    const state = State.open(buffer, empty);
    expect(state.contracts()).toEqual([]);
    expect(state.tables()).toEqual([]);
    expect(state.contract('bank')).toBeUndefined();
    expect(state.table('bank.accounts')).toBeUndefined();
    expect(state.readRow('bank.accounts', 'a-')).toBeUndefined();
    expect([...state.scanRows('bank.accounts')]).toEqual([]);
  });

  test('gives its contracts as they were written, and its tables', () => {
    const { buffer, state: oid } = deployed();
    const state = State.open(buffer, oid);
    expect(state.contracts()).toEqual(['bank']);
    expect(state.contract('bank')).toEqual({ name: 'bank', source: bank.source, manifest: bank.manifest });
    expect(state.tables()).toEqual(['bank.accounts', 'bank.notes']);
    expect(state.tables('bank')).toEqual(['bank.accounts', 'bank.notes']);
    expect(state.tables('shop')).toEqual([]);
    expect(state.table('bank.accounts')?.schema).toEqual(accounts);
    expect(state.table('bank')).toBeUndefined();
    expect(state.table('bank.accounts.x')).toBeUndefined();
    expect(buffer.read(state.contractSourceId('bank') ?? oid).body).toEqual(Buffer.from(bank.source));
  });

  test('with other rows is another state, and the same again with the rows as they were', () => {
    const { buffer, state } = deployed();
    const before = State.open(buffer, state).table('bank.notes');
    if (before === undefined) return expect.unreachable();
    const root = updateTable(buffer, before, [...noteRows(0, 500)]);
    const changed = updateState(buffer, state, { rows: new Map([['bank.notes', root]]) });
    expect(changed).not.toBe(state);
    expect(State.open(buffer, changed).readRow('bank.notes', 'pa7-')).toBe(note(7, 'x').line);
    expect([...State.open(buffer, changed).scanRows('bank.notes', { prefix: 'pa' })]).toHaveLength(10);
    expect(updateState(buffer, changed, { rows: new Map([['bank.notes', before.root]]) })).toBe(state);
    expect(updateState(buffer, state, {})).toBe(state);
    expect(updateState(buffer, state, { rows: new Map([['bank.notes', before.root]]) })).toBe(state);
  });

  test('keeps the rows of tables that a new version of their contract keeps, and drops the others', () => {
    const { buffer, state } = deployed();
    const { table } = tableOf(notes, noteRows(0, 10));
    const root = updateTable(
      buffer,
      { schema: notes, root: State.open(buffer, state).table('bank.notes')?.root ?? table.root },
      [...noteRows(0, 10)],
    );
    const filled = updateState(buffer, state, { rows: new Map([['bank.notes', root]]) });
    const next = { ...bank, source: '-- two\n', migrate: '-- from one\n', tables: new Map([['notes', notes]]) };
    const second = State.open(buffer, updateState(buffer, filled, { contracts: new Map([['bank', next]]) }));
    expect(second.tables()).toEqual(['bank.notes']);
    expect([...second.scanRows('bank.notes')]).toHaveLength(10);
    expect(second.contract('bank')).toMatchObject({ source: '-- two\n', migrate: '-- from one\n' });
    const third = State.open(buffer, updateState(buffer, second.oid, { contracts: new Map([['bank', bank]]) }));
    expect(third.contract('bank')).not.toHaveProperty('migrate');
    expect([...third.scanRows('bank.accounts')]).toEqual([]);
  });

  test('with other rows writes only the trees on the way to them', () => {
    const { buffer, empty } = deployed();
    const two = updateState(buffer, empty, {
      contracts: new Map([
        ['bank', bank],
        ['shop', bank],
      ]),
    });
    const root = tableOf(notes, noteRows(0, 10)).table.root;
    const over = new ObjectBuffer(buffer);
    updateState(over, two, { rows: new Map([['bank.notes', root]]) });
    expect(over.objects().map(({ type }) => type)).toEqual(['tree', 'tree', 'tree', 'tree']);
  });

  test('without its last contract is the empty state again, with no empty tree below', () => {
    const { buffer, empty, state } = deployed();
    expect(updateState(buffer, state, { contracts: new Map([['bank', null]]) })).toBe(empty);
    const bare = updateState(buffer, empty, { contracts: new Map([['bank', { ...bank, tables: new Map() }]]) });
    expect(readTree(buffer, bare).map(({ name }) => name)).toEqual(['contracts']);
  });

  test('is the same whatever the order in which its parts came', () => {
    const names = ['bank', 'shop', 'a', 'b2_x'];
    fc.assert(
      fc.property(fc.shuffledSubarray(names, { minLength: 4 }), fc.boolean(), (order, together) => {
        const { buffer, empty } = deployed();
        const all = updateState(buffer, empty, { contracts: new Map(names.map((name) => [name, bank])) });
        let state = empty;
        if (together) state = updateState(buffer, empty, { contracts: new Map(order.map((name) => [name, bank])) });
        else for (const name of order) state = updateState(buffer, state, { contracts: new Map([[name, bank]]) });
        expect(state).toBe(all);
      }),
    );
  });

  test('takes no rows of a table that is not there, and no name that the format has not', () => {
    const { buffer, state } = deployed();
    const root = State.open(buffer, state).table('bank.notes')?.root;
    if (root === undefined) return expect.unreachable();
    for (const table of ['bank.other', 'shop.notes', 'bank', '', 'bank.notes.x']) {
      expect(codeOf(() => updateState(buffer, state, { rows: new Map([[table, root]]) }))).toBe('AERGO_STATE_INVALID');
    }
    for (const name of ['Bank', '', 'a/b', '..', 'a'.repeat(49)]) {
      expect(codeOf(() => updateState(buffer, state, { contracts: new Map([[name, bank]]) }))).toBe(
        'AERGO_STATE_INVALID',
      );
      const tables = new Map([[name, notes]]);
      expect(codeOf(() => updateState(buffer, state, { contracts: new Map([['bank', { ...bank, tables }]]) }))).toBe(
        'AERGO_STATE_INVALID',
      );
    }
  });
});

describe('a state that is not as the format has it', () => {
  const { buffer, state } = deployed();
  const tree = (...entries: [string, Oid, TreeMode?][]) =>
    buffer.put('tree', encodeTree(entries.map(([name, oid, mode = '40000']) => ({ name, oid, mode }))));
  const [contracts, tables] = readTree(buffer, state).map(({ oid }) => oid);
  if (contracts === undefined || tables === undefined) throw new Error('a deployed state has both');
  const table = State.open(buffer, state).table('bank.notes')?.root;
  const blob = buffer.put('blob', Buffer.from('text'));
  const none = tree();

  test.each<[string, Oid]>([
    ['files', tree(['contracts', contracts], ['files', none], ['tables', tables])],
    ['a file', tree(['contracts', contracts], ['tables', blob, '100644'])],
    ['an empty directory', tree(['contracts', none])],
    ['a contract with a bad name', tree(['contracts', tree(['Bank', none])])],
    ['a contract that is a file', tree(['contracts', tree(['bank', blob, '100644'])])],
  ])('because of %s is not opened', (_, oid) => {
    expect(codeOf(() => State.open(buffer, oid))).toBe('AERGO_STATE_INVALID');
    expect(codeOf(() => [...diffStates(buffer, state, oid).tables])).toBe('AERGO_STATE_INVALID');
  });

  test.each<[string, Oid]>([
    ['no file', none],
    ['one file', tree(['contract.sql', blob, '100644'])],
    [
      'an unknown file',
      tree(['contract.sql', blob, '100644'], ['manifest.json', blob, '100644'], ['x', blob, '100644']),
    ],
    ['a mode of files', tree(['contract.sql', blob, '100755'], ['manifest.json', blob, '100644'])],
    [
      'bytes that are not UTF-8',
      tree(['contract.sql', buffer.put('blob', Buffer.from([0xff])), '100644'], ['manifest.json', blob, '100644']),
    ],
  ])('because of %s gives no contract', (_, folder) => {
    const opened = State.open(buffer, tree(['contracts', tree(['bank', folder])]));
    expect(codeOf(() => opened.contract('bank'))).toBe('AERGO_STATE_INVALID');
  });

  test.each<[string, Oid]>([
    ['no file', none],
    ['no schema', tree(['rows', table?.oid ?? blob, '100644'])],
    ['a schema that is none', tree(['rows', blob, '100644'], ['schema.json', blob, '100644'])],
    ['an unknown file', tree(['rows', blob, '100644'], ['schema.json', blob, '100644'], ['x', blob, '100644'])],
    ['rows of a mode of files', tree(['rows', blob, '100755'], ['schema.json', blob, '100644'])],
  ])('because of %s gives no table', (_, folder) => {
    const opened = State.open(buffer, tree(['tables', tree(['bank', tree(['notes', folder])])]));
    expect(codeOf(() => opened.table('bank.notes'))).toBe('AERGO_STATE_INVALID');
  });
});

describe('the difference of two states', () => {
  function* versions(buffer: ObjectBuffer, empty: Oid): Generator<Oid> {
    let state = empty;
    yield state;
    for (const contract of ['bank', 'shop']) {
      state = updateState(buffer, state, { contracts: new Map([[contract, bank]]) });
      yield state;
    }
    const table = State.open(buffer, state).table('bank.notes');
    if (table === undefined) return;
    const root = updateTable(buffer, table, [...noteRows(0, 20_000)]);
    state = updateState(buffer, state, { rows: new Map([['bank.notes', root]]) });
    yield state;
    const changed = updateTable(buffer, { ...table, root }, [
      note(777, 'changed'),
      { name: note(9, '').name, line: null },
    ]);
    state = updateState(buffer, state, { rows: new Map([['bank.notes', changed]]) });
    yield state;
  }

  const { buffer, empty } = deployed();
  const [nothingYet, one, two, filled, changed] = [...versions(buffer, empty)];
  if (!nothingYet || !one || !two || !filled || !changed) throw new Error('five versions');

  test('names contracts and tables that are new, and all their rows', () => {
    const { contracts, tables } = diffStates(buffer, nothingYet, two);
    expect(contracts).toEqual(['bank', 'shop']);
    expect([...tables].map(({ table, schemaChanged }) => [table, schemaChanged])).toEqual(
      ['bank.accounts', 'bank.notes', 'shop.accounts', 'shop.notes'].map((table) => [table, true]),
    );
    const back = diffStates(buffer, two, one);
    expect(back.contracts).toEqual(['shop']);
    expect(
      [...back.tables].map(({ table, before, after }) => [table, before !== undefined, after !== undefined]),
    ).toEqual([
      ['shop.accounts', true, false],
      ['shop.notes', true, false],
    ]);
  });

  test('gives the rows that changed, and enters no tree that is the same', () => {
    const source = new CountingSource(buffer);
    const { contracts, tables } = diffStates(source, filled, changed);
    expect(contracts).toEqual([]);
    const [only, ...others] = [...tables];
    expect(others).toEqual([]);
    expect(only).toMatchObject({ table: 'bank.notes', schemaChanged: false });
    const changes = [...(only?.changes ?? [])];
    expect(changes).toEqual([
      { name: 'pa9-', before: note(9, 'x').line },
      { name: 'pc777-', before: note(777, 'x').line, after: note(777, 'changed').line },
    ]);
    expect([...(only?.changes ?? [])]).toEqual(changes);
    const opened = State.open(buffer, filled);
    expect(source.oidsRead).not.toContain(opened.contractSourceId('bank'));
    expect(source.oidsRead).not.toContain(opened.table('bank.accounts')?.root.oid);
    expect(source.oidsRead.length).toBeLessThan(40);
  });

  test('of equal states reads nothing', () => {
    const source = new CountingSource(buffer);
    const { contracts, tables } = diffStates(source, changed, changed);
    expect([contracts, [...tables]]).toEqual([[], []]);
    expect(source.oidsRead).toEqual([]);
  });

  test('tells when only the schema changed', () => {
    const indexed = { ...notes, indexes: ['CREATE INDEX ON notes (note)'] };
    const next = updateState(buffer, changed, {
      contracts: new Map([
        [
          'bank',
          {
            ...bank,
            tables: new Map([
              ['accounts', accounts],
              ['notes', indexed],
            ]),
          },
        ],
      ]),
    });
    const { contracts, tables } = diffStates(buffer, changed, next);
    expect(contracts).toEqual([]);
    expect([...tables].map(({ table, schemaChanged, changes }) => [table, schemaChanged, [...changes].length])).toEqual(
      [['bank.notes', true, 0]],
    );
  });
});
