/** The bodies of requests, received whole: as they were sent, within their limit, and without a trace on the disk. */
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { ReceivedBody } from '../../src/node/received-body.ts';
import { temporaryDirectory } from '../support/repository.ts';
import { gathered, pieces } from '../wire/streams.ts';

const limit_bytes = 500_000;

test('a body of any length in pieces of any length is given as it came', async () => {
  const directory = temporaryDirectory();
  const anyLength = fc.oneof(
    fc.integer({ min: 0, max: 10 }),
    fc.integer({ min: 65_000, max: 66_000 }),
    fc.constant(300_000),
  );
  await fc.assert(
    fc.asyncProperty(anyLength, fc.integer({ min: 1000, max: 200_000 }), async (length, piece) => {
      const sent = randomBytes(length);
      const body = await ReceivedBody.receive(Readable.from(pieces(sent, piece)), directory, limit_bytes);
      expect(readdirSync(directory)).toEqual([]);
      expect((await gathered(body.stream())).equals(sent)).toBe(true);
      await body.close();
    }),
    { numRuns: 50 },
  );
});

test('two that are received at once do not meet', async () => {
  const directory = temporaryDirectory();
  const sent = [randomBytes(200_000), randomBytes(200_000)];
  const received = sent.map((bytes) =>
    ReceivedBody.receive(Readable.from(pieces(bytes, 7_000)), directory, limit_bytes),
  );
  for (const [at, body] of (await Promise.all(received)).entries()) {
    onTestFinished(() => body.close());
    expect((await gathered(body.stream())).equals(sent[at] ?? Buffer.alloc(0))).toBe(true);
  }
});

test('one over the limit is refused, and one that ends early', async () => {
  const directory = temporaryDirectory();
  const large = ReceivedBody.receive(Readable.from(pieces(Buffer.alloc(limit_bytes + 1))), directory, limit_bytes);
  await expect(large).rejects.toMatchObject({ code: 'AERGO_REQUEST_TOO_LARGE' });
  async function* broken() {
    yield Buffer.alloc(100_000);
    throw new Error('the connection was reset');
  }
  const early = ReceivedBody.receive(Readable.from(broken()), directory, limit_bytes);
  await expect(early).rejects.toMatchObject({ code: 'AERGO_REQUEST_INVALID' });
});

test('where no file can be made the server says that the disk failed', async () => {
  const nowhere = ReceivedBody.receive(Readable.from(pieces(Buffer.alloc(100_000))), '/nowhere', limit_bytes);
  await expect(nowhere).rejects.toMatchObject({ code: 'AERGO_STORE_IO' });
});
