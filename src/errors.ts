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
  AERGO_COMMAND_UNKNOWN: { exit: 'usage', summary: 'The first word is no command; Git has other words for some.' },
  AERGO_CONFIG_INVALID: { exit: 'usage', summary: 'A file of settings is damaged, or a setting has a value that it cannot have.' },
  AERGO_CONFIG_UNKNOWN: { exit: 'usage', summary: 'There is no setting of that name.' },
  AERGO_FILE_UNREADABLE: { exit: 'usage', summary: 'A file that the command line names cannot be read.' },
  AERGO_INPUT_NEEDED: { exit: 'usage', summary: 'A question has to be answered and nobody can: give the answer with a flag or a variable.' },
  AERGO_INTERNAL: { exit: 'internal', summary: 'A fault of aergo itself.' },
  AERGO_JSON_NOT_CANONICAL: { exit: 'integrity', summary: 'A JSON text is not in the canonical form of RFC 8785.' },
  AERGO_KEY_AMBIGUOUS: { exit: 'usage', summary: 'There are several keys and none is chosen.' },
  AERGO_KEY_ENCRYPTED: { exit: 'usage', summary: 'A key file is encrypted and no passphrase was given.' },
  AERGO_KEY_EXISTS: { exit: 'usage', summary: 'There is a key of that name already.' },
  AERGO_KEY_INVALID: { exit: 'usage', summary: 'A key or a key file is damaged, or is not an Ed25519 key.' },
  AERGO_KEY_MISSING: { exit: 'usage', summary: 'There is no such key, or none at all.' },
  AERGO_KEY_NAME: { exit: 'usage', summary: 'The text cannot name a key.' },
  AERGO_KEY_NULL: { exit: 'rejected', summary: "A column of a row's primary key has no value." },
  AERGO_KEY_PASSPHRASE: { exit: 'usage', summary: 'The passphrase does not open the key file.' },
  AERGO_KEY_READABLE: { exit: 'usage', summary: 'A key file can be read by others than its owner.' },
  AERGO_KEY_TOO_LONG: { exit: 'rejected', summary: "A row's primary key takes more than 240 bytes as a name." },
  AERGO_NOT_A_REPOSITORY: { exit: 'usage', summary: 'Neither the directory nor one above it is a repository.' },
  AERGO_OBJECT_DAMAGED: { exit: 'integrity', summary: 'A stored object is not what its id names.' },
  AERGO_OBJECT_INVALID: { exit: 'integrity', summary: "An object's bytes break a rule of the format." },
  AERGO_OBJECT_MISSING: { exit: 'integrity', summary: 'An object that something refers to is not there.' },
  AERGO_OID_INVALID: { exit: 'usage', summary: 'A text is not an object id: 64 lower-case hexadecimal digits.' },
  AERGO_ROW_INVALID: { exit: 'rejected', summary: "A row is not one canonical line of its table's columns, or not in its place." },
  AERGO_ROW_KEY_INVALID: { exit: 'rejected', summary: 'A value cannot stand in a primary key, or a key has another number of columns.' },
  AERGO_ROW_MISSING: { exit: 'no', summary: 'The table has no row with that key.' },
  AERGO_ROW_NAME_INVALID: { exit: 'rejected', summary: 'A text is no name of a row of the table.' },
  AERGO_SIGNATURE_INVALID: {
    exit: 'integrity',
    summary: 'A signature is malformed, or is not of this key over these bytes.',
  },
  AERGO_STATE_INVALID: { exit: 'integrity', summary: "A part of the state (a table's tree, a page, a schema) is not as the format has it." },
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
