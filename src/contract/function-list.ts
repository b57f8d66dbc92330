/**
 * Functions of PostgreSQL that the gate refuses by name, each with why and what to use instead. The engine's grants are the
 * second line behind it (grants.ts): what is forgotten here fails there as the contract runs.
 */

interface Denial {
  readonly why: string;
  readonly instead?: string;
}

const randomness: Denial = {
  why: 'is random: every machine would get another state',
  instead: "aergo.random('some salt'), or aergo.tx_id() for an id",
};
const sequence: Denial = {
  why: 'is a sequence: it does not roll back, so a dropped transaction would shift later ids',
  instead: 'aergo.tx_id()',
};
const floating: Denial = {
  why: 'gives a floating-point number, whose last digits differ between machines',
  instead: 'the same on numeric values',
};
const outside: Denial = { why: 'looks outside the contract' };
const timeZones: Denial = { why: "depends on the machine's time zone data", instead: 'times in UTC' };
const internal: Denial = { why: "depends on PostgreSQL's internals", instead: 'md5(…) or sha256(…)' };

const arbitrary: Denial = {
  why: 'takes any of several values: another machine may take another one',
  instead: 'min(…) or max(…)',
};

const names = new Map<string, Denial>();

function deny(denial: Denial, list: string): void {
  for (const name of list.split(' ')) names.set(name, denial);
}

deny(randomness, 'random random_normal setseed gen_random_uuid uuidv4 uuidv7 uuid_generate_v4 gen_random_bytes');
deny(sequence, 'nextval currval setval lastval');
deny(
  floating,
  'pi sin cos tan cot asin acos atan atan2 sind cosd tand cotd asind acosd atand atan2d sinh cosh tanh asinh acosh atanh degrees radians cbrt erf erfc gamma lgamma float4 float8 dsqrt dpow dexp dlog1 corr covar_pop covar_samp regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy percent_rank cume_dist ts_rank ts_rank_cd similarity',
);
deny(
  outside,
  'current_setting set_config current_schema current_schemas current_database current_query version inet_client_addr inet_client_port inet_server_addr inet_server_port query_to_xml table_to_xml cursor_to_xml schema_to_xml database_to_xml txid_current txid_snapshot_xmin dblink notify',
);
deny(timeZones, 'make_timestamptz');
deny(
  { why: timeZones.why, instead: 'x::timestamp for what a timestamptz is in UTC, x::timestamptz for the way back' },
  'timezone',
);
deny(
  { why: floating.why, instead: 'ORDER BY … OFFSET … LIMIT 1, the one in the middle' },
  'percentile_cont percentile_disc',
);
deny({ why: floating.why, instead: 'extract(year FROM …), which gives a numeric' }, 'date_part');
deny(internal, 'hashtext hashint4 hashint8 hashchar hashname hashvarlena hash_array hash_record');

deny(arbitrary, 'any_value mode');
deny(
  outside,
  'row_security_active format_type col_description obj_description shobj_description getdatabaseencoding current_catalog',
);

const patterns: readonly (readonly [RegExp, Denial])[] = [
  [/^pg_/, outside],
  [/^lo_/, outside],
  [/^has_.*_privilege$/, outside],
  [/^to_reg/, outside],
  [/^hash/, internal],
  [/^xml/, outside],
];

/** Why a function is refused; undefined when it is not. */
export function denialOf(name: string): Denial | undefined {
  return names.get(name) ?? patterns.find(([pattern]) => pattern.test(name))?.[1];
}

/** Whether a function is refused by its very name, which then cannot be one of a contract's own either. */
export function isDeniedName(name: string): boolean {
  return names.has(name);
}

/** Operators that give floating-point numbers for whole ones. */
export const deniedOperators: ReadonlyMap<string, string> = new Map([
  ['^', 'power(x::numeric, y::numeric)'],
  ['|/', 'sqrt(x::numeric)'],
  ['||/', 'power(x::numeric, 1.0/3)'],
  ['<->', 'a difference'],
]);

/** Functions that people write and that have another name here, or none. */
const insteads: ReadonlyMap<string, string> = new Map([
  ['ifnull', 'coalesce(a, b)'],
  ['isnull', 'a IS NULL'],
  ['nvl', 'coalesce(a, b)'],
  ['iif', 'CASE WHEN … THEN … ELSE … END'],
  ['if', 'CASE WHEN … THEN … ELSE … END'],
  ['len', 'length(text)'],
  ['make_interval', "interval '3 days'; from a number (n::text || ' days')::interval; days after a date: date + n"],
  ['getdate', 'now()'],
  ['sysdate', 'now()'],
  ['last_insert_id', 'INSERT … RETURNING'],
  ['group_concat', 'string_agg(text, separator ORDER BY …)'],
  ['row_to_json', 'to_jsonb(row)'],
  ['to_json', 'to_jsonb(value)'],
  ['json_agg', 'jsonb_agg(value ORDER BY …)'],
  ['json_object_agg', 'jsonb_object_agg(key, value)'],
  ['json_build_object', 'jsonb_build_object(key, value, …)'],
  ['json_build_array', 'jsonb_build_array(value, …)'],
  ['digest', 'sha256(bytes)'],
  ['hmac', 'sha256(bytes)'],
  ['crypt', 'nothing: what stands in a ledger is read by all'],
]);

/** What to write in place of a function that there is not. */
export function insteadOf(name: string): string | undefined {
  return insteads.get(name);
}

/** The functions of the schema `aergo`. */
export const hostFunctions = new Set(['author', 'caller', 'tx_id', 'block_height', 'block_time', 'random']);
