/** Test results as JUnit's XML, which CI systems read. */

export interface JunitCase {
  readonly name: string;
  readonly status: 'passed' | 'failed';
  readonly message?: string;
  readonly time_ms: number;
}

/** The text of the file. @param suite names the suite, and the class of each case */
export function junitXml(suite: string, cases: readonly JunitCase[]): string {
  const failed = cases.filter(({ status }) => status === 'failed').length;
  const time_ms = cases.reduce((sum, one) => sum + one.time_ms, 0);
  const counts = `tests="${cases.length}" failures="${failed}" errors="0" time="${seconds(time_ms)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${escaped(suite)}" ${counts}>`,
    ...cases.flatMap((one) => caseLines(suite, one)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function caseLines(suite: string, { name, message, status, time_ms }: JunitCase): string[] {
  const head = `    <testcase classname="${escaped(suite)}" name="${escaped(name)}" time="${seconds(time_ms)}"`;
  return status === 'passed'
    ? [`${head}/>`]
    : [`${head}>`, `      <failure message="${escaped(message ?? '')}"/>`, '    </testcase>'];
}

const seconds = (time_ms: number): string => (time_ms / 1000).toFixed(3);

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML 1.0 cannot say most control characters at all. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[&<>"]/g, (character) => entities[character] ?? character)
    .replace(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/[^ -\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\u{fffd}');
}
