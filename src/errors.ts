/**
 * The one registry of error codes. Every error that a person or a program can meet is an `AergoError` with a code from
 * here; the code fixes the exit code (docs/errors.md lists them all, and a test keeps list and registry equal).
 */

/** Exit codes of the command line: see docs/cli.md. */
export const exitCodes = {
  ok: 0,
  no: 1,
  usage: 2,
  notAuthorised: 4,
  rejected: 5,
  integrity: 6,
  internal: 70,
  tryAgain: 75,
  interrupted: 130,
} as const;

export type ExitKind = keyof typeof exitCodes;

export const errorCodes = {
  AERGO_INTERNAL: { exit: 'internal', summary: 'A fault of aergo itself.' },
  AERGO_JSON_NOT_CANONICAL: { exit: 'integrity', summary: 'A JSON text is not in the canonical form of RFC 8785.' },
  AERGO_KEY_ENCRYPTED: { exit: 'usage', summary: 'A key file is encrypted and no passphrase was given.' },
  AERGO_KEY_INVALID: { exit: 'usage', summary: 'A key or a key file is damaged, or is not an Ed25519 key.' },
  AERGO_KEY_PASSPHRASE: { exit: 'usage', summary: 'The passphrase does not open the key file.' },
  AERGO_OBJECT_DAMAGED: { exit: 'integrity', summary: 'A stored object is not what its id names.' },
  AERGO_OBJECT_INVALID: { exit: 'integrity', summary: "An object's bytes break a rule of the format." },
  AERGO_OBJECT_MISSING: { exit: 'integrity', summary: 'An object that something refers to is not there.' },
  AERGO_OID_INVALID: { exit: 'usage', summary: 'A text is not an object id: 64 lower-case hexadecimal digits.' },
  AERGO_SIGNATURE_INVALID: {
    exit: 'integrity',
    summary: 'A signature is malformed, or is not of this key over these bytes.',
  },
  AERGO_USAGE: {
    exit: 'usage',
    summary: 'The command line has an unknown or missing argument, or one out of its range.',
  },
} as const satisfies Record<string, { exit: ExitKind; summary: string }>;

export type ErrorCode = keyof typeof errorCodes;

export interface AergoErrorOptions {
  /** The next step, usually a command to type. */
  hint?: string;
  /** Facts for programs: printed under `error.details` by `--json`. */
  details?: Record<string, unknown>;
  cause?: unknown;
}

/** An error with a stable code, one sentence that says what is wrong, and where there is one a next step. */
export class AergoError extends Error {
  override readonly name = 'AergoError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Record<string, unknown>;

  constructor(code: ErrorCode, message: string, options: AergoErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }

  get exitCode(): number {
    return exitCodes[errorCodes[this.code].exit];
  }
}
