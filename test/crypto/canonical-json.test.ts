import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, type JsonValue, maxDepth, parseCanonicalJson } from '../../src/crypto/canonical-json.ts';
import { AergoError } from '../../src/errors.ts';

interface Vectors {
  texts: { name: string; input: string; output: string }[];
  numbers: { ieee: string; output: string | null }[];
}

const file = new URL('../../fixtures/crypto/rfc8785.json', import.meta.url);
const vectors: Vectors = JSON.parse(readFileSync(file, 'utf8'));
const refused = expect.objectContaining({ code: 'AERGO_JSON_NOT_CANONICAL' });

describe("RFC 8785's published vectors", () => {
  it.each(vectors.texts)('$name', ({ input, output }) => {
    const value = JSON.parse(input);
    expect(canonicalJson(value)).toBe(output);
    expect(parseCanonicalJson(output)).toEqual(value);
    expect(parseCanonicalJson(Buffer.from(output))).toEqual(value);
    if (input !== output) expect(() => parseCanonicalJson(input)).toThrow(refused);
  });

  it.each(vectors.numbers)('the number $ieee is written as $output', ({ ieee, output }) => {
    const number = Buffer.from(ieee, 'hex').readDoubleBE(0);
    if (output === null) expect(() => canonicalJson(number)).toThrow(refused);
    else expect(canonicalJson(number)).toBe(output);
  });
});

describe('canonical JSON', () => {
  it('is read back as the value it was written from, and is the only text that is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = canonicalJson(value as JsonValue);
        expect(canonicalJson(parseCanonicalJson(text))).toBe(text);
        expect(parseCanonicalJson(Buffer.from(text))).toEqual(JSON.parse(text));
        const loose = JSON.stringify(value, null, 1);
        if (loose !== text) expect(() => parseCanonicalJson(loose)).toThrow(refused);
      }),
    );
  });

  it.each<[string, string | Uint8Array, string]>([
    ['a byte order mark', '\ufeff{}', 'byte order mark'],
    ['a byte order mark in bytes', Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d), 'byte order mark'],
    ['a double member', '{"a":1,"a":1}', 'member "a" is there twice'],
    ['a double member, the second written with an escape', '{"a":1,"\\u0061":1}', 'another form'],
    ['a double member inside', '[{"x":{"k":1,"k":2}}]', 'member "k" is there twice'],
    ['members out of order', '{"b":1,"a":2}', 'member "a" is out of order'],
    ['members in the order of code points where UTF-16 differs', '{"\ufb33":1,"😂":2}', 'out of order'],
    ['white space', '{"a": 1}', 'white space at character 5'],
    ['a line end at the end', '{}\n', 'white space at character 2'],
    ['a lone surrogate', '["\\ud800"]', 'lone surrogate'],
    ['a lone surrogate in a name', '{"\\udc00":1}', 'lone surrogate'],
    ['a lone surrogate in a text that is no bytes', '["\ud800"]', 'lone surrogate'],
    ['a needless escape', '["\\u0041"]', 'the string at character 1'],
    ['an escaped slash', '["\\/"]', 'the string at character 1'],
    ['a capital in an escape', '["\\u001F"]', 'the string at character 1'],
    ['a number with a needless zero', '[1.0]', 'the number at character 1'],
    ['a number with a capital exponent', '[1E30]', 'the number at character 1'],
    ['minus zero', '[-0]', 'the number at character 1'],
    ['a number beyond doubles', '[1e999]', 'the number at character 1'],
    ['a number with more digits than a double has', '[9007199254740993]', 'the number at character 1'],
    ['nothing', '', 'no JSON'],
    ['two values', '{}{}', 'no JSON'],
    ['a trailing comma', '[1,]', 'no JSON'],
    ['NaN', 'NaN', 'no JSON'],
    ['bytes that are not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'not UTF-8'],
    ['the UTF-8 of a surrogate', Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22), 'not UTF-8'],
    ['endless nesting', '['.repeat(100_000) + ']'.repeat(100_000), 'deeper than 64'],
    ['nesting one level too deep', '['.repeat(maxDepth + 1) + ']'.repeat(maxDepth + 1), 'deeper than 64'],
    ['a megabyte of text in another form', `["${'x'.repeat(1_000_000)}" ]`, 'white space'],
    ['a megabyte of escapes', `["${'\\u0041'.repeat(200_000)}"]`, 'the string at character 1'],
  ])('does not take %s', (_what, input, message) => {
    expect(() => parseCanonicalJson(input)).toThrow(refused);
    expect(() => parseCanonicalJson(input)).toThrow(message);
  });

  it('takes nesting up to its limit', () => {
    const text = '['.repeat(maxDepth) + ']'.repeat(maxDepth);
    expect(canonicalJson(parseCanonicalJson(text))).toBe(text);
  });

  it('keeps __proto__ as a member of its own, and pollutes nothing', () => {
    const value = parseCanonicalJson('{"__proto__":{"polluted":true},"constructor":1}');
    expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect('polluted' in {}).toBe(false);
    expect(canonicalJson(value)).toBe('{"__proto__":{"polluted":true},"constructor":1}');
  });

  it('is not written from lone surrogates, from what is no number, or from nothing', () => {
    for (const value of ['\ud800', Number.NaN, Number.POSITIVE_INFINITY, { '\udfff': 1 }]) {
      expect(() => canonicalJson(value)).toThrow(refused);
    }
  });

  it('is read from any bytes with a typed error, or is what its value is written as', () => {
    const texts = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc
        .string({
          unit: fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"b"', '1', 'null', ' ', '\\'),
          maxLength: 12,
        })
        .map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(texts, (bytes) => {
        let value: JsonValue;
        try {
          value = parseCanonicalJson(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(AergoError);
          return;
        }
        expect(canonicalJson(value)).toBe(Buffer.from(bytes).toString());
      }),
      { numRuns: 1000 },
    );
  });
});
