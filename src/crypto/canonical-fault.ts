/**
 * Says why a JSON text is not canonical. Runs only for texts that were already refused, so it may be slow; it decides
 * nothing.
 */

// White space, punctuation, a number or a word. Strings are scanned by hand: a long one would exhaust a regular expression.
const plainToken = /[ \t\n\r]+|[{}[\],:]|[^ \t\n\r"{}[\],:]+/y;

function tokenAt(text: string, start: number): string {
  if (text[start] !== '"') {
    plainToken.lastIndex = start;
    return plainToken.exec(text)?.[0] ?? '';
  }
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return text.slice(start, at + 1);
}

interface Level {
  /** Null in an array. */
  readonly members: Set<string> | null;
  last: string | null;
  expectMember: boolean;
}

function memberFault(level: Level, name: string): string | null {
  if (level.members?.has(name)) return `member ${JSON.stringify(name)} is there twice`;
  if (level.last !== null && name < level.last) {
    return `member ${JSON.stringify(name)} is out of order (it belongs before ${JSON.stringify(level.last)})`;
  }
  level.members?.add(name);
  level.last = name;
  level.expectMember = false;
  return null;
}

function scalarFault(word: string, at: number): string | null {
  const value: unknown = JSON.parse(word);
  if (typeof value === 'string' && !value.isWellFormed()) return `the string at character ${at} has a lone surrogate`;
  if (JSON.stringify(value) === word) return null;
  return `the ${typeof value} at character ${at} has another form than RFC 8785's`;
}

/** The first reason, as the end of a sentence, why a text that `JSON.parse` takes is not canonical. */
export function canonicalFault(text: string): string {
  const levels: Level[] = [];
  let at = 0;
  while (at < text.length) {
    const word = tokenAt(text, at);
    if (word === '') break;
    const level = levels.at(-1);
    let fault: string | null = null;
    if (/^[ \t\n\r]/.test(word)) fault = `white space at character ${at}`;
    else if (word === '{') levels.push({ members: new Set(), last: null, expectMember: true });
    else if (word === '[') levels.push({ members: null, last: null, expectMember: false });
    else if (word === '}' || word === ']') levels.pop();
    else if (word === ',' && level !== undefined) level.expectMember = level.members !== null;
    else if (word !== ':' && word !== ',') {
      fault = scalarFault(word, at);
      if (level?.expectMember) fault ??= memberFault(level, JSON.parse(word));
    }
    if (fault !== null) return fault;
    at += word.length;
  }
  return 'it has another form than RFC 8785 gives its value';
}
