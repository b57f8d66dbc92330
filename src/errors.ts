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
  AERGO_AGREED_MERGE_IN_SOURCE: {
    exit: 'rejected',
    summary: 'The source holds an agreed or a rows merge, which an automatic merge cannot run again.',
  },
  AERGO_ARGUMENT_COUNT: {
    exit: 'usage',
    summary: 'A function was called with another number of arguments than it has.',
  },
  AERGO_ARGUMENT_INVALID: { exit: 'usage', summary: 'An argument does not fit its declared type exactly.' },
  AERGO_AUTHOR_NOT_ALLOWED: {
    exit: 'notAuthorised',
    summary: 'The author of the transaction may not do this: it takes the contract’s first author or an admin.',
  },
  AERGO_BLOCK_INVALID: {
    exit: 'integrity',
    summary: 'A block is not what its transactions, its parents and its signature say.',
  },
  AERGO_BLOCK_TIME: { exit: 'tryAgain', summary: 'A block that comes in was sealed at a time that has not come yet.' },
  AERGO_BRANCH_EXISTS: { exit: 'usage', summary: 'There is a branch of this name already.' },
  AERGO_BRANCH_IN_USE: { exit: 'usage', summary: 'The branch cannot be deleted or renamed as it stands.' },
  AERGO_BRANCH_UNKNOWN: { exit: 'usage', summary: 'There is no branch of this name.' },
  AERGO_CHOICE_INVALID: { exit: 'usage', summary: 'A conflict cannot be settled with that.' },
  AERGO_CLONE_EXISTS: { exit: 'usage', summary: 'The directory to clone into is there already.' },
  AERGO_COLUMN_UNKNOWN: { exit: 'usage', summary: 'The table has no column of that name.' },
  AERGO_COMMAND_UNKNOWN: { exit: 'usage', summary: 'The first word is no command; Git has other words for some.' },
  AERGO_CONFIG_INVALID: {
    exit: 'usage',
    summary: 'A file of settings is damaged, or a setting has a value that it cannot have.',
  },
  AERGO_CONFIG_UNKNOWN: { exit: 'usage', summary: 'There is no setting of that name.' },
  AERGO_CONFLICT_UNKNOWN: { exit: 'usage', summary: 'The pending merge has no conflict there.' },
  AERGO_CONSTRAINT: { exit: 'rejected', summary: 'A row would break a constraint of its table.' },
  AERGO_CONTRACT_CHANGED: {
    exit: 'rejected',
    summary: 'The contract or the function is another one than the transaction was signed for.',
  },
  AERGO_CONTRACT_DEADLINE: { exit: 'rejected', summary: 'A call took longer than a transaction may, and was stopped.' },
  AERGO_CONTRACT_FAILED: { exit: 'rejected', summary: 'A call failed inside the contract.' },
  AERGO_CONTRACT_LIMIT: { exit: 'rejected', summary: 'A call went over a limit of the engine.' },
  AERGO_CONTRACT_MIGRATION: { exit: 'rejected', summary: 'A deployment would change a table that has rows to keep.' },
  AERGO_CONTRACT_REFUSED: { exit: 'rejected', summary: "The gate refused a contract's source." },
  AERGO_CONTRACT_REJECTED: { exit: 'rejected', summary: 'The contract rejected the call.' },
  AERGO_CONTRACT_TEST: { exit: 'usage', summary: 'There are no tests of the contract, or they cannot be installed.' },
  AERGO_CONTRACT_UNKNOWN: { exit: 'usage', summary: 'There is no contract of this name.' },
  AERGO_CSV_INVALID: { exit: 'usage', summary: 'A CSV file is damaged, or a row has too few or too many fields.' },
  AERGO_DEMO_STOPPED: { exit: 'internal', summary: 'A command of the demo ended otherwise than it should.' },
  AERGO_DIRECTORY_APPROVALS: {
    exit: 'notAuthorised',
    summary: 'More admins must agree before the directory changes so.',
  },
  AERGO_DIRECTORY_CHANGE: { exit: 'usage', summary: 'The directory cannot be changed so, whoever asks.' },
  AERGO_DIRECTORY_EQUIVOCATION: {
    exit: 'integrity',
    summary: 'Two different versions of the directory with one number were signed.',
  },
  AERGO_DIRECTORY_EXPIRED: {
    exit: 'tryAgain',
    summary: 'The newest version of the directory is too old to be believed.',
  },
  AERGO_DIRECTORY_INVALID: {
    exit: 'integrity',
    summary: 'A version of the directory is not signed or formed as it must be.',
  },
  AERGO_DIRECTORY_NOT_ALLOWED: {
    exit: 'notAuthorised',
    summary: 'The key may not change the directory so.',
  },
  AERGO_DIRECTORY_OVERTAKEN: {
    exit: 'tryAgain',
    summary: 'Others changed the directory first, and what was changed here has to be made again.',
  },
  AERGO_DIRECTORY_ROLLBACK: {
    exit: 'integrity',
    summary: 'An older version of the directory was offered than the newest that was seen.',
  },
  AERGO_DIRECTORY_UNKNOWN: { exit: 'usage', summary: 'The directory has no such version.' },
  AERGO_ENGINE_FAILED: { exit: 'internal', summary: 'The SQL engine failed.' },
  AERGO_ENGINE_LOCKED: { exit: 'tryAgain', summary: "Another process has the repository's SQL engine open." },
  AERGO_ENGINE_MISSING: {
    exit: 'internal',
    summary: 'The prepared SQL engine is not there: the package was not built.',
  },
  AERGO_ENGINE_NOT_ACCEPTED: {
    exit: 'usage',
    summary: 'The policy of the repository does not accept the SQL engine of this version.',
  },
  AERGO_EXPECTATION_FAILED: { exit: 'rejected', summary: 'A row is not at the version that the transaction expects.' },
  AERGO_EXPORT_EXISTS: { exit: 'usage', summary: 'The directory to export into is not empty.' },
  AERGO_EXPORT_REFUSED: { exit: 'usage', summary: 'The directory to export into cannot be made or written there.' },
  AERGO_FILE_EXISTS: { exit: 'usage', summary: 'The file to write is there already.' },
  AERGO_FILE_UNREADABLE: { exit: 'usage', summary: 'A file that the command line names cannot be read.' },
  AERGO_FILE_UNWRITABLE: { exit: 'usage', summary: 'A file that the command line names cannot be written.' },
  AERGO_FORMAT_NEWER: { exit: 'usage', summary: 'The repository has a format that this aergo does not know.' },
  AERGO_FUNCTION_UNKNOWN: { exit: 'usage', summary: 'The contract has no such function.' },
  AERGO_HISTORY_CUT: {
    exit: 'usage',
    summary: 'It takes blocks from before those that this copy of the history begins with.',
  },
  AERGO_IMPORT_EMPTY: { exit: 'no', summary: 'There are no rows to import.' },
  AERGO_IMPORT_INVALID: { exit: 'rejected', summary: 'A row to import has a value that does not fit its column.' },
  AERGO_IMPORT_NOT_NORMAL: { exit: 'rejected', summary: 'A row to import is not as PostgreSQL writes it.' },
  AERGO_INDEX_DAMAGED: { exit: 'integrity', summary: 'The index cannot be read; it can be made anew.' },
  AERGO_INPUT_NEEDED: {
    exit: 'usage',
    summary: 'A question has to be answered and nobody can: give the answer with a flag or a variable.',
  },
  AERGO_INSTEAD_INVALID: {
    exit: 'rejected',
    summary: 'A transaction is signed in the stead of one that it cannot stand for.',
  },
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
  AERGO_KEY_UNPUBLISHED: {
    exit: 'usage',
    summary: 'Blocks that the key sealed are not published, and would be good for nothing without it.',
  },
  AERGO_LISTEN_FAILED: { exit: 'usage', summary: 'The server cannot listen on the address.' },
  AERGO_LOCKED: { exit: 'tryAgain', summary: 'Another process is using the repository.' },
  AERGO_MACHINE_BUSY: { exit: 'tryAgain', summary: 'A call that ran in time once did not when it had to run again.' },
  AERGO_MANIFEST_INVALID: { exit: 'integrity', summary: "A contract's manifest is not in its form." },
  AERGO_MEMBER_INVALID: { exit: 'usage', summary: 'A member cannot have this name or these roles.' },
  AERGO_MEMBER_REVOKED: { exit: 'usage', summary: 'The key was revoked, and stays so.' },
  AERGO_MEMBER_UNKNOWN: { exit: 'usage', summary: 'There is no member of that name or key.' },
  AERGO_MERGE_CHECK_FAILED: {
    exit: 'rejected',
    summary: "A contract's check_merge() refuses what the merge would give.",
  },
  AERGO_MERGE_CONSTRAINT: {
    exit: 'rejected',
    summary: 'The rows that people chose for conflicts cannot stand together.',
  },
  AERGO_MERGE_CONTRACT_DIFFERS: {
    exit: 'rejected',
    summary: 'A contract was deployed on both sides of a merge, differently.',
  },
  AERGO_MERGE_CRISS_CROSS: {
    exit: 'rejected',
    summary: 'The two sides have several merge bases, and these cannot be merged without people.',
  },
  AERGO_MERGE_DROPPED: { exit: 'rejected', summary: 'A merge that was made again dropped a transaction.' },
  AERGO_MERGE_LOGIC_CHANGED: {
    exit: 'rejected',
    summary: "The target's resolver is another one than the branch agreed on.",
  },
  AERGO_MERGE_LOGIC_INVALID: { exit: 'usage', summary: 'The function cannot be the merge logic of a branch.' },
  AERGO_MERGE_MODE: { exit: 'usage', summary: 'The branches are not merged in that way.' },
  AERGO_MERGE_MOVED: {
    exit: 'tryAgain',
    summary: 'A pending merge is no more what was shown when it was to be sealed.',
  },
  AERGO_MERGE_NONE: { exit: 'no', summary: 'There is no merge of transactions to explain.' },
  AERGO_MERGE_NOT_PENDING: { exit: 'usage', summary: 'No merge waits for people to settle its conflicts.' },
  AERGO_MERGE_PENDING: { exit: 'usage', summary: 'A merge waits for people to settle its conflicts.' },
  AERGO_MERGE_SCHEMA_DIFFERS: {
    exit: 'rejected',
    summary: "One side of a merge changed a table's schema, the other its rows.",
  },
  AERGO_MERGE_UNDECIDED: {
    exit: 'tryAgain',
    summary: 'What a merge asks of a contract did not come to its end on this machine.',
  },
  AERGO_NAME_INVALID: { exit: 'usage', summary: 'This cannot name a contract, a table or a function.' },
  AERGO_NODE: { exit: 'usage', summary: 'This version of Node is too old, and no other is at hand.' },
  AERGO_NOT_A_REPOSITORY: { exit: 'usage', summary: 'Neither the directory nor one above it is a repository.' },
  AERGO_NOT_BUILT: { exit: 'usage', summary: 'The program is not built: its dist/ is missing.' },
  AERGO_NOT_DROPPED: { exit: 'usage', summary: 'No merge on this branch dropped the transaction.' },
  AERGO_NOT_IN_EFFECT: { exit: 'rejected', summary: 'A transaction that is to be reverted is not in effect there.' },
  AERGO_OBJECT_DAMAGED: { exit: 'integrity', summary: 'A stored object is not what its id names.' },
  AERGO_OBJECT_INVALID: { exit: 'integrity', summary: "An object's bytes break a rule of the format." },
  AERGO_OBJECT_MISSING: { exit: 'integrity', summary: 'An object that something refers to is not there.' },
  AERGO_OID_INVALID: { exit: 'usage', summary: 'A text is not an object id: 64 lower-case hexadecimal digits.' },
  AERGO_PACK_INVALID: { exit: 'integrity', summary: "A pack is damaged, or breaks the rules of Git's pack format." },
  AERGO_PACK_LIMIT: { exit: 'rejected', summary: 'A pack goes over a limit of objects, sizes, deltas or memory.' },
  AERGO_POLICY_INVALID: { exit: 'usage', summary: 'The policy of a repository cannot say this.' },
  AERGO_PROPOSAL_INVALID: { exit: 'usage', summary: 'A proposal cannot be approved, or not any more.' },
  AERGO_PROTOCOL_INVALID: { exit: 'integrity', summary: "The other side does not speak Git's protocol as it must." },
  AERGO_PUSH_DISCLOSES: {
    exit: 'usage',
    summary: 'A push would make blocks of other branches readable for everybody, and nobody said that it may.',
  },
  AERGO_PUSH_HOME: {
    exit: 'usage',
    summary: 'What is pushed to a mirror has to be at the home of the directory first.',
  },
  AERGO_PUSH_MOVED: { exit: 'tryAgain', summary: 'A branch at the remote is not where the push begins.' },
  AERGO_PUSH_REFUSED: { exit: 'rejected', summary: 'The remote did not move a ref.' },
  AERGO_QUERY_DEADLINE: { exit: 'tryAgain', summary: 'A query took longer than a query may, and was stopped.' },
  AERGO_QUERY_FAILED: { exit: 'usage', summary: 'A query failed in the SQL engine.' },
  AERGO_QUERY_REFUSED: { exit: 'usage', summary: 'A query is not one statement that only reads.' },
  AERGO_REF_INVALID: { exit: 'integrity', summary: 'A branch stands on something that is no block of it.' },
  AERGO_REF_MOVED: { exit: 'tryAgain', summary: 'A ref is not where it was when the command read it.' },
  AERGO_REF_NAME_INVALID: { exit: 'usage', summary: 'This cannot name a branch or a snapshot.' },
  AERGO_REMOTE_EXISTS: { exit: 'usage', summary: 'There is a remote of this name already.' },
  AERGO_REMOTE_FAILED: { exit: 'tryAgain', summary: 'The connection to the remote ended before the work was done.' },
  AERGO_REMOTE_FOREIGN: { exit: 'integrity', summary: 'The remote has another repository than this one.' },
  AERGO_REMOTE_FORMAT: { exit: 'usage', summary: 'The remote repository is not in the SHA-256 object format.' },
  AERGO_REMOTE_LOGIN: { exit: 'notAuthorised', summary: 'The remote does not let whoever asks do this.' },
  AERGO_REMOTE_MISSING: {
    exit: 'notAuthorised',
    summary: 'There is no such repository at the remote, or none that one may see.',
  },
  AERGO_REMOTE_REDIRECTED: { exit: 'usage', summary: 'The remote sends on to another server, which is not followed.' },
  AERGO_REMOTE_REFUSED: { exit: 'rejected', summary: 'The remote answered with an error.' },
  AERGO_REMOTE_UNKNOWN: { exit: 'usage', summary: 'There is no remote of this name.' },
  AERGO_REPOSITORY_EXISTS: { exit: 'usage', summary: 'There is a repository here already.' },
  AERGO_REQUEST_INVALID: { exit: 'usage', summary: 'A request to the server is not one that it understands.' },
  AERGO_REQUEST_TOO_LARGE: { exit: 'usage', summary: 'A request to the server is larger than it may be.' },
  AERGO_RESUBMIT_AUTHOR: {
    exit: 'notAuthorised',
    summary: 'A dropped transaction must be signed anew, which takes its author.',
  },
  AERGO_RESULT_CHANGED: {
    exit: 'rejected',
    summary: 'A merged transaction gives another result than where it was applied.',
  },
  AERGO_REVERT_REFUSED: { exit: 'rejected', summary: 'What is to be reverted is nothing that a revert takes back.' },
  AERGO_REVISION_AMBIGUOUS: { exit: 'usage', summary: 'A revision stands for more than one thing.' },
  AERGO_REVISION_UNKNOWN: { exit: 'usage', summary: 'No block, branch or snapshot is called so.' },
  AERGO_ROW_INVALID: {
    exit: 'rejected',
    summary: "A row is not one canonical line of its table's columns, or not in its place.",
  },
  AERGO_ROW_KEY_INVALID: {
    exit: 'rejected',
    summary: 'A value cannot stand in a primary key, or a key has another number of columns.',
  },
  AERGO_ROW_MISSING: { exit: 'no', summary: 'The table has no row with that key.' },
  AERGO_ROW_NAME_INVALID: { exit: 'rejected', summary: 'A text is no name of a row of the table.' },
  AERGO_SEALER_NOT_ALLOWED: { exit: 'notAuthorised', summary: 'The key may not seal blocks here.' },
  AERGO_SIGNATURE_INVALID: {
    exit: 'integrity',
    summary: 'A signature is malformed, or is not of this key over these bytes.',
  },
  AERGO_SNAPSHOT_CONFLICT: {
    exit: 'rejected',
    summary: 'A row that the transaction writes was changed since its base.',
  },
  AERGO_SNAPSHOT_EXISTS: { exit: 'usage', summary: 'There is a snapshot of this name already.' },
  AERGO_SNAPSHOT_INVALID: { exit: 'integrity', summary: 'A snapshot is not signed or formed as it must be.' },
  AERGO_SNAPSHOT_UNKNOWN: { exit: 'usage', summary: 'There is no snapshot of this name.' },
  AERGO_STATE_INVALID: {
    exit: 'integrity',
    summary: "A part of the state (a table's tree, a page, a schema) is not as the format has it.",
  },
  AERGO_STORE_DAMAGED: { exit: 'integrity', summary: 'A volume, or a file beside the volumes, is damaged.' },
  AERGO_STORE_FAILED: { exit: 'tryAgain', summary: 'An earlier write failed; the store must be opened again.' },
  AERGO_STORE_FULL: { exit: 'tryAgain', summary: 'There is no room left on the disk; nothing was written.' },
  AERGO_STORE_IO: { exit: 'tryAgain', summary: 'The disk failed to read or write.' },
  AERGO_STORE_UNKNOWN: { exit: 'tryAgain', summary: 'A write failed, and it cannot be told whether it holds.' },
  AERGO_TABLE_UNKNOWN: { exit: 'usage', summary: 'The contract has no such table.' },
  AERGO_TEMPLATE_UNKNOWN: { exit: 'usage', summary: 'There is no template of this name.' },
  AERGO_TIME_INVALID: { exit: 'usage', summary: 'This is not a time.' },
  AERGO_TRANSACTION_EXPIRED: {
    exit: 'rejected',
    summary: 'The transaction was valid for blocks before this one only.',
  },
  AERGO_TRANSACTION_INVALID: {
    exit: 'usage',
    summary: 'This is not a transaction: a member is missing, unknown or not of its form.',
  },
  AERGO_TRANSACTION_REPEATED: { exit: 'rejected', summary: 'The transaction has taken effect before.' },
  AERGO_TRANSACTION_TOO_LARGE: { exit: 'usage', summary: 'A transaction is over the size that the format allows.' },
  AERGO_TRANSACTION_UNKNOWN: { exit: 'usage', summary: 'No transaction has this id.' },
  AERGO_TRANSACTION_WRONG_BRANCH: { exit: 'rejected', summary: 'The transaction was signed for another branch.' },
  AERGO_URL_INVALID: { exit: 'usage', summary: 'This is no URL of a repository.' },
  AERGO_USAGE: {
    exit: 'usage',
    summary: 'The command line has an unknown or missing argument, or one out of its range.',
  },
  AERGO_VERIFY_ENGINE: { exit: 'tryAgain', summary: 'A block was made by an engine that this version does not have.' },
  AERGO_VERIFY_PERTURBED: {
    exit: 'integrity',
    summary:
      'A block follows from what it says only in one physical order of rows, or by one plan: a contract is undetermined.',
  },
  AERGO_VERIFY_UNDECIDED: {
    exit: 'tryAgain',
    summary: 'A call did not end in time while it was run again; nothing is said about the block.',
  },
  AERGO_WRITE_TOO_LARGE: { exit: 'usage', summary: 'A single write is over what a volume can hold.' },
} as const satisfies Record<string, { exit: ExitKind; summary: string }>;

export type ErrorCode = keyof typeof errorCodes;

export interface AergoErrorOptions {
  /** The next step, usually a command to type. */
  hint?: string;
  /** Facts for programs: printed under `error.details` by `--json`. */
  details?: Record<string, unknown>;
  cause?: unknown;
}

/** A word of a command in a hint, quoted for a shell where it must be. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

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
