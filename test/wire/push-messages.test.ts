import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AergoError } from '../../src/errors.ts';
import { type Oid, parseOid } from '../../src/object/oid.ts';
import { readReport, writeReport } from '../../src/wire/push-report.ts';
import { type PushRequest, readPushRequest, writePushRequest } from '../../src/wire/push-request.ts';
import { mutated } from '../object/arbitraries.ts';
import { anyPieceLength, readerOf } from './streams.ts';

const anyOid: fc.Arbitrary<Oid> = fc
  .integer({ min: 1, max: 255 })
  .map((n) => parseOid(n.toString(16).padStart(64, '0')));
const anyWord = fc.stringMatching(/^[a-z][a-z0-9/-]{0,20}$/);
const anyCommand = fc.record({
  name: anyWord.map((name) => `refs/heads/${name}`),
  old: fc.option(anyOid),
  new: fc.option(anyOid),
});
const anyRequest: fc.Arbitrary<PushRequest> = fc.record({
  commands: fc.uniqueArray(
    anyCommand.filter((command) => command.old !== null || command.new !== null),
    { selector: ({ name }) => name, minLength: 1, maxLength: 5 },
  ),
  capabilities: fc
    .tuple(fc.subarray(['report-status-v2', 'atomic', 'quiet']), fc.boolean())
    .map(([some, options]) => new Set(options ? [...some, 'push-options'] : some)),
  options: fc.array(fc.string({ minLength: 1 }).filter((text) => !text.endsWith('\n'))),
  shallow: fc.array(anyOid, { maxLength: 3 }),
});

const bytesOf = (parts: Iterable<Uint8Array>): Buffer => Buffer.concat([...parts]);

describe('the request of a push', () => {
  test('is read as it was written, however the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(anyRequest, anyPieceLength, async (request, length) => {
        const found = await readPushRequest(readerOf(bytesOf(writePushRequest(request)), length));
        const options = request.capabilities.has('push-options') ? request.options : [];
        expect(found).toEqual({ ...request, options });
      }),
    );
  });

  test('is read from any bytes with a typed error', async () => {
    const written = anyRequest.map((request) => bytesOf(writePushRequest(request)));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array(), mutated(written)), async (bytes) => {
        try {
          await readPushRequest(readerOf(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(AergoError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('the report of a push', () => {
  const anyReport = fc
    .tuple(fc.option(fc.constantFrom('no room', 'over the limit')), fc.dictionary(anyWord, fc.option(anyWord)))
    .map(([unpackFault, faults]) => ({
      ...(unpackFault === null ? {} : { unpackFault }),
      refs: new Map(Object.entries(faults).map(([name, fault]) => [name, fault ?? undefined])),
    }));

  test('is read as it was written', async () => {
    await fc.assert(
      fc.asyncProperty(anyReport, anyPieceLength, async (report, length) => {
        expect(await readReport(readerOf(bytesOf(writeReport(report)), length))).toEqual(report);
      }),
    );
  });

  test('keeps a reason on one line that fits into a packet', async () => {
    const refs = new Map([['refs/heads/main', `a\n\0\x1b[31m\u202eb${'x'.repeat(100_000)}`]]);
    const found = await readReport(readerOf(bytesOf(writeReport({ refs }))));
    expect(found.refs.get('refs/heads/main')).toMatch(/^a \[31m bx{900,1000}$/);
  });

  test('may say that another ref was moved than was asked for', async () => {
    const bytes = '000eunpack ok\n0017ok refs/heads/main\n0029option refname refs/heads/other/name\n0000';
    expect(await readReport(readerOf(bytes))).toEqual({ refs: new Map([['refs/heads/main', undefined]]) });
  });

  test('is read from any bytes with a typed error', async () => {
    const written = anyReport.map((report) => bytesOf(writeReport(report)));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array(), mutated(written)), async (bytes) => {
        try {
          await readReport(readerOf(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(AergoError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
