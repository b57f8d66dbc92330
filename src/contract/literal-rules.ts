/**
 * Literals whose meaning lies outside the contract: times in named zones, letters that the "C" locale does not know.
 */
import type { Findings } from './findings.ts';
import { type Fields, fieldsOf, type Node, nodeOf, placeOf, stringsOf, textOf } from './syntax-tree.ts';

interface LiteralPlace {
  readonly findings: Findings;
  readonly locate: (at: number) => number;
}

/** `upper` and `lower` know ASCII only under COLLATE "C": a literal beyond it shows that somebody expects more. */
const letterFunctions = new Set(['upper', 'lower', 'initcap', 'casefold']);
const timeTypes = new Set(['timestamptz', 'timetz', 'timestamp', 'time', 'date']);
/** Words of a time that are no zone: months and days, and the zone that everything is in. */
const timeWords = new Set(
  `jan january feb february mar march apr april may jun june jul july aug august sep sept september oct october nov november
  dec december mon monday tue tues tuesday wed weds wednesday thu thur thurs thursday fri friday sat saturday sun sunday am pm
  ad bc t z utc gmt zulu epoch infinity now today tomorrow yesterday noon midnight allballs`.split(/\s+/),
);

/** Checks the literals among a built-in function's arguments. */
export function checkLiteralArguments(name: string, args: readonly Node[], place: LiteralPlace): void {
  if (!letterFunctions.has(name)) return;
  for (const arg of args) {
    const text = literalOf(arg);
    if (text === undefined || isAscii(text)) continue;
    place.findings.refuse(
      place.locate(placeOf(arg.fields)),
      `${name}() knows the letters of ASCII only, and leaves others as they are`,
      `the text as it is to be, without ${name}()`,
    );
  }
}

/** Checks a literal that is cast to a time: it may name no zone but UTC. */
export function checkLiteralCast(fields: Fields, place: LiteralPlace): void {
  const type = stringsOf(fieldsOf(fields.typeName).names).at(-1) ?? '';
  const arg = nodeOf(fields.arg);
  const text = arg === undefined ? undefined : literalOf(arg);
  if (arg === undefined || text === undefined || !timeTypes.has(type)) return;
  const zone = text.match(/[A-Za-z][A-Za-z_]*(?:\/[A-Za-z_]+)*/g)?.find((word) => !timeWords.has(word.toLowerCase()));
  if (zone === undefined) return;
  place.findings.refuse(
    place.locate(placeOf(arg.fields)),
    `the time zone ${zone} depends on the machine's time zone data`,
    'the time in UTC, or with an offset as in +02:00',
  );
}

function literalOf({ kind, fields }: Node): string | undefined {
  return kind === 'A_Const' ? textOf(fieldsOf(fields.sval).sval) : undefined;
}

function isAscii(text: string): boolean {
  return [...text].every((letter) => letter < '\u0080');
}
