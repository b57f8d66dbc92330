/**
 * The two building blocks of OpenSSH's binary formats: 32-bit numbers and strings with their length before them (RFC 4251
 * §5), and the armor around them: base64 in lines of 70 characters between two fixed lines.
 */

/** A big-endian 32-bit number. */
export function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A string with its length before it. Text is written as UTF-8. */
export function sshString(content: Uint8Array | string): Uint8Array {
  const bytes = Buffer.from(content);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** Reads what the functions above write. `fault` makes the error for whatever does not fit. */
export class SshReader {
  readonly #bytes: Buffer;
  readonly #fault: (what: string) => Error;
  #at = 0;

  constructor(bytes: Uint8Array, fault: (what: string) => Error) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#fault = fault;
  }

  take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw this.#fault('it is cut short');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  uint32(): number {
    return this.take(4).readUInt32BE(0);
  }

  string(): Buffer {
    return this.take(this.uint32());
  }

  /** Reads a string that can only be this one. */
  expect(content: string, name: string): void {
    const found = this.string();
    if (!found.equals(Buffer.from(content))) throw this.#fault(`its ${name} is not ${JSON.stringify(content)}`);
  }

  rest(): Buffer {
    return this.take(this.#bytes.length - this.#at);
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw this.#fault('there are bytes after its end');
  }
}

const lineLength = 70;

/** The armored form of some bytes, with an LF after the last line. `label` as in `SSH SIGNATURE`. */
export function armor(label: string, bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('base64');
  let lines = '';
  for (let at = 0; at < text.length; at += lineLength) lines += `${text.slice(at, at + lineLength)}\n`;
  return `-----BEGIN ${label}-----\n${lines}-----END ${label}-----\n`;
}

/** The bytes in an armored text, or null unless `armor` would write exactly this text. */
export function dearmor(label: string, text: string): Uint8Array | null {
  const start = `-----BEGIN ${label}-----\n`;
  const end = `-----END ${label}-----\n`;
  if (!text.startsWith(start) || !text.endsWith(end) || text.length < start.length + end.length) return null;
  const bytes = Buffer.from(text.slice(start.length, -end.length), 'base64');
  return armor(label, bytes) === text ? bytes : null;
}
