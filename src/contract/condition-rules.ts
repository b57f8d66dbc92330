/**
 * Which errors a contract may handle: those that follow from the call and the rows. What the engine, its memory and its stack
 * have to say must reach the host, and a mistake in the contract is nothing to live with.
 */

/** Conditions by name: classes 20 to 23 and 44, and those that RAISE and SELECT INTO give. */
const handled = new Set(
  `case_not_found cardinality_violation data_exception array_subscript_error character_not_in_repertoire datetime_field_overflow
  division_by_zero error_in_assignment escape_character_conflict indicator_overflow interval_field_overflow
  invalid_argument_for_logarithm invalid_argument_for_ntile_function invalid_argument_for_nth_value_function
  invalid_argument_for_power_function invalid_argument_for_width_bucket_function invalid_character_value_for_cast
  invalid_datetime_format invalid_escape_character invalid_escape_octet invalid_escape_sequence invalid_indicator_parameter_value
  invalid_parameter_value invalid_preceding_or_following_size invalid_regular_expression invalid_row_count_in_limit_clause
  invalid_row_count_in_result_offset_clause invalid_time_zone_displacement_value invalid_use_of_escape_character
  most_specific_type_mismatch null_value_not_allowed null_value_no_indicator_parameter numeric_value_out_of_range
  string_data_length_mismatch string_data_right_truncation substring_error trim_error zero_length_character_string
  invalid_text_representation invalid_binary_representation nonstandard_use_of_escape_character untranslatable_character
  duplicate_json_object_key_value invalid_argument_for_sql_json_datetime_function invalid_json_text invalid_sql_json_subscript
  more_than_one_sql_json_item no_sql_json_item non_numeric_sql_json_item non_unique_keys_in_a_json_object
  singleton_sql_json_item_required sql_json_array_not_found sql_json_member_not_found sql_json_number_not_found
  sql_json_object_not_found too_many_json_array_elements too_many_json_object_members sql_json_scalar_required
  sql_json_item_cannot_be_cast_to_target_type integrity_constraint_violation restrict_violation not_null_violation
  foreign_key_violation unique_violation check_violation with_check_option_violation raise_exception no_data_found
  too_many_rows`.split(/\s+/),
);

/** Conditions of the engine, which deserve a word of their own. */
const engineNames =
  /^(others|.*resources|disk_full|out_of_memory|too_many_connections|.*limit_exceeded|statement_too_complex|too_many_(columns|arguments)|operator_intervention|query_canceled|.*shutdown|cannot_connect_now|database_dropped|.*_timeout|system_error|io_error|.*_file|.*corrupted|internal_error|plpgsql_error|assert_failure)$/;

/** PostgreSQL's own classes that may not be handled; one that PostgreSQL has not is a contract's own. */
const engineClasses = new Set(
  '00 01 02 03 08 09 0A 0B 0F 0L 0P 0Z 10 24 25 26 27 28 2B 2D 2F 34 38 39 3B 3D 3F 40 42 53 54 55 57 58 72 F0 HV XX'.split(
    ' ',
  ),
);

/** Why a condition may not be handled, with what to write instead; undefined when it may. @param name or SQLSTATE */
export function conditionFault(name: string): readonly [message: string, instead: string] | undefined {
  if (handled.has(name.toLowerCase())) return undefined;
  if (/^[0-9A-Z]{5}$/.test(name)) return codeFault(name);
  const instead = 'the conditions that can arise, as in unique_violation';
  if (engineNames.test(name.toLowerCase()))
    return [`${name.toUpperCase()} takes in errors of the engine, which must not decide a result`, instead];
  return [`${name.toUpperCase()} is no error that the values of a call give rise to`, instead];
}

function codeFault(code: string): readonly [message: string, instead: string] | undefined {
  if (!engineClasses.has(code.slice(0, 2)) && code !== 'P0000' && code !== 'P0004') return undefined;
  return [
    `an error of class ${code.slice(0, 2)} tells of the engine, not of the call`,
    'the conditions that can arise',
  ];
}
