/**
 * SQL of a bridge: the public function of a contract as other contracts call it, `bank.transfer(…)`. It holds the arguments to
 * their declared types with their modifiers, which PostgreSQL ignores, makes the calling contract `aergo.caller()`, and passes
 * through the contract's own trampoline. Part of the engine id.
 */
import { bridgeRole, contractsRole } from './engine-sql.ts';
import { callSchemaOf, quoteName, quoteText } from './names.ts';
import type { FunctionSignature, ParsedContract } from './parsed-contract.ts';

export function bridgeSql(name: string, contract: ParsedContract, signature: FunctionSignature): string {
  const target = `${quoteName(name)}.${quoteName(signature.name)}`;
  const trampoline = `${callSchemaOf(name)}.${quoteName(signature.name)}`;
  const types = signature.arguments.map(({ type }) => baseOf(type, contract));
  const parameters = signature.arguments.map(({ name: own }, at) =>
    own.startsWith('$') ? types[at] : `${quoteName(own)} ${types[at]}`,
  );
  const checks = signature.arguments.flatMap(({ name: own, type }, at) => {
    const wrong = misfits(`$${at + 1}`, declaredOf(type, contract));
    const told = quoteText(`argument ${at + 1} (${own} ${type})`);
    return wrong.length === 0 ? [] : [`IF ${wrong.join(' OR ')} THEN PERFORM "aergo$host".misfit(${told}); END IF;`];
  });
  const texts = signature.arguments.map((_, at) => `$${at + 1}::text`).join(', ');
  const isVoid = signature.returns === 'void';
  const result = isVoid ? 'void' : baseOf(signature.returns, contract);
  return `CREATE FUNCTION ${target}(${parameters.join(', ')}) RETURNS ${result} LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $bridge$ #variable_conflict use_variable
<<bridge>> DECLARE context text; result text; BEGIN ${checks.join(' ')} bridge.context := "aergo$host".enter(${quoteText(name)});
bridge.result := ${trampoline}(ARRAY[${texts}]::text[]); PERFORM "aergo$host".leave(bridge.context); ${isVoid ? 'RETURN;' : `RETURN bridge.result::${result};`} END $bridge$;
ALTER FUNCTION ${target} OWNER TO ${bridgeRole};
REVOKE ALL ON FUNCTION ${target} FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ${target} TO ${contractsRole};`;
}

/** The built-in type behind a declared one, with its modifier; text for an enum, which only its contract can name. */
function declaredOf(type: string, { types, domains }: ParsedContract): string {
  if (types.some((one) => one.name === type)) return 'text';
  return domains.find((one) => one.name === type)?.type ?? type;
}

const baseOf = (type: string, contract: ParsedContract): string => declaredOf(type, contract).replace(/\(.*\)$/, '');

/** Conditions under which a value does not fit a type exactly. */
function misfits(value: string, type: string): string[] {
  const [, base = type, modifier] = /^([^(]+)\(([^)]*)\)$/.exec(type) ?? [];
  const rounded = modifier === undefined ? [] : [`${value} <> ${value}::${type}`];
  if (base === 'numeric') return [`${value} IN ('NaN', 'Infinity', '-Infinity')`, ...rounded];
  if (base === 'varchar') return modifier === undefined ? [] : [`char_length(${value}) > ${modifier}`];
  return ['date', 'timestamp', 'timestamptz'].includes(base) ? [`NOT isfinite(${value})`, ...rounded] : rounded;
}
