/**
 * The pinned settings of the SQL engine: the same block must give the same state on every machine, for ever
 * (docs: contracts, "Determinism"). They are given at the start of the server and are part of the engine id.
 */

/** Name and value of every setting that differs from PostgreSQL's own default, or that the result depends on. */
export const engineSettings: Readonly<Record<string, string>> = {
  // What a value's text is.
  TimeZone: 'UTC',
  DateStyle: 'ISO,YMD',
  IntervalStyle: 'iso_8601',
  bytea_output: 'hex',
  client_encoding: 'UTF8',
  extra_float_digits: '1',
  lc_messages: 'C',
  lc_monetary: 'C',
  lc_numeric: 'C',
  lc_time: 'C',
  default_text_search_config: 'pg_catalog.simple',
  // Which plan, hence which order of rows, a query gets.
  enable_hashagg: 'off',
  enable_memoize: 'off',
  synchronize_seqscans: 'off',
  jit: 'off',
  geqo: 'off',
  max_parallel_workers_per_gather: '0',
  max_parallel_maintenance_workers: '0',
  max_parallel_workers: '0',
  max_worker_processes: '0',
  work_mem: '16MB',
  // What one call may spill to files.
  temp_file_limit: '512MB',
  maintenance_work_mem: '64MB',
  // What a name means, and which mistakes are errors.
  search_path: 'pg_catalog',
  row_security: 'on',
  'plpgsql.variable_conflict': 'error',
  'plpgsql.extra_errors': 'too_many_rows',
  check_function_bodies: 'on',
  // With the worker's 32 MB of stack: without both, endless recursion gives wrong empty answers (contracts.md). Takes twice the
  // functions of `functionDepth`, with queries and handlers in each.
  max_stack_depth: '400kB',
  // The engine is a cache that survives a killed process, not a lost disk: nothing needs to be synced.
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  shared_buffers: '32MB',
  client_min_messages: 'error',
  log_min_messages: 'fatal',
  log_checkpoints: 'off',
  exit_on_error: 'off',
  io_method: 'sync',
  // In memory, extending a file by any other way copies the whole of it.
  file_extend_method: 'write_zeros',
};

/** Limits of the engine that a result depends on. */
export const engineLimits = {
  /** Calls of one SQL transaction: with thousands on one hot row the rate falls to an eighth. */
  callsPerTransaction: 250,
  /** Stack of the worker thread. */
  stack_megabytes: 32,
  /** Bytes of a row's name (format.md). */
  rowName_bytes: 240,
  /** Rows that a call writes, each as often as it writes it. */
  writtenRows: 10_000,
  /** Bytes of the rows that a call writes, as PostgreSQL writes them. */
  written_bytes: 8_388_608,
  /** Statements of a call that write or lock rows. */
  statements: 10_000,
  /** Rows that a migration writes, each as often as it writes it; what ALTER TABLE rewrites does not count. */
  migratedRows: 2_000_000,
  /** Bytes of the rows that a migration writes, as PostgreSQL writes them. */
  migrated_bytes: 536_870_912,
  /** Statements of a migration that write rows, those in functions included. */
  migrationStatements: 10_000,
  /** Bytes of a call's result. */
  result_bytes: 65_536,
  /** Bytes of a contract's or migration's source: as many as a transaction may have. */
  source_bytes: 1_048_576,
  /** Nodes of the parse tree inside each other, in any statement, body or expression of a source. */
  nesting: 256,
  /** Functions of contracts that are under way at once in a call, where one of them calls itself, directly or through others. */
  functionDepth: 64,
  /** Contracts that a call goes through, one calling the other. */
  callDepth: 8,
} as const;

/** Memory that the server gets: a bomb ends in "out of memory", and then with the thread; never a verdict. */
export const memory_bytes = 1_024 * 1_048_576;

/** Rows of one COPY: bounds memory. */
export const rowsPerPiece = 100_000;

/** The server's command line: single-user mode, no index of its own on what the settings above say. */
export function startParameters(): string[] {
  return [
    '--single',
    '-F',
    '-O',
    '-j',
    ...Object.entries(engineSettings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}

/** What `initdb` is given when the data directory is prepared. */
export const initialisation: readonly string[] = ['--locale=C', '--no-data-checksums', '--wal-segsize=1'];
