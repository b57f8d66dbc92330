import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { type CsvOptions, openCsv } from '../../src/cli/csv.ts';

const known = ['owner', 'balance'];
async function read(text: string, options: Partial<CsvOptions> = {}) {
  const { columns, rows } = await openCsv(Readable.from([Buffer.from(text)]), 'a.csv', {
    delimiter: ',',
    header: true,
    columns: undefined,
    known,
    ...options,
  });
  const read: (string | null)[][] = [];
  for await (const row of rows) read.push(row);
  return { columns, rows: read };
}

test('the header names the columns, in any order', async () => {
  expect(await read('balance,owner\n1.50,alice\n')).toEqual({
    columns: ['balance', 'owner'],
    rows: [['1.50', 'alice']],
  });
});

test('an empty field is NULL and a quoted one an empty text', async () => {
  expect((await read('owner,balance\n"",\n')).rows).toEqual([['', null]]);
});

test('delimiter, quotes, line ends and a byte order mark are understood', async () => {
  const text = '\ufeffowner;balance\r\n"a;""b""\nc";2\r\n';
  expect(await read(text, { delimiter: ';' })).toEqual({ columns: known, rows: [['a;"b"\nc', '2']] });
  expect((await read('owner\tbalance\na\tb', { delimiter: 'tab' })).rows).toEqual([['a', 'b']]);
});

test('without a header the columns are those of the table, or those that were named', async () => {
  expect(await read('alice,1\n', { header: false })).toEqual({ columns: known, rows: [['alice', '1']] });
  expect(await read('1,alice\n', { header: false, columns: ['balance', 'owner'] })).toMatchObject({
    columns: ['balance', 'owner'],
  });
  expect(await read('x,y\nalice,1\n', { columns: known })).toEqual({ columns: known, rows: [['alice', '1']] });
});

test.each([
  ['owner,balance\nalice\n', 'a.csv:2: the row has 1 fields, not 2'],
  ['owner,balance\n"alice,1\n', 'a.csv:'],
  ['', 'it is empty'],
  ['owner,balnce\nalice,1\n', 'did you mean balance?'],
])('%j is refused with its place', async (text, message) => {
  await expect(read(text)).rejects.toThrow(message);
});

test.each(['', ';;', '"', '\n'])('the delimiter %j is refused', async (delimiter) => {
  await expect(read('a', { delimiter })).rejects.toThrow('is not one character');
});

test('bytes that are not UTF-8 are refused, not mended', async () => {
  const input = Readable.from([Buffer.from('owner,balance\n'), Buffer.from([0x61, 0xff, 0x2c, 0x31, 0x0a])]);
  const reading = async () => {
    const { rows } = await openCsv(input, 'a.csv', {
      delimiter: ',',
      header: true,
      columns: undefined,
      known: ['owner', 'balance'],
    });
    for await (const row of rows) expect(row).toBeUndefined();
  };
  await expect(reading()).rejects.toMatchObject({
    code: 'AERGO_FILE_UNREADABLE',
    message: expect.stringContaining('not UTF-8'),
  });
});
