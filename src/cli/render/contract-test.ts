/** Results of a contract's tests: one line each, then how many. */
import type { Style } from '../output.ts';
import { aligned, counted } from './columns.ts';
import { visible } from './visible.ts';

interface TestResult {
  readonly name: string;
  readonly status: 'passed' | 'failed';
  readonly message?: string;
  readonly sqlstate?: string;
  readonly line?: number;
  readonly time_ms: number;
}

export function testLines(results: readonly TestResult[], style: Style): string[] {
  const lines = aligned(
    results.map((result) => [result.status === 'passed' ? 'ok' : 'FAILED', result.name, detail(result)]),
  ).map((line, at) => (results[at]?.status === 'failed' ? style.red(line) : line));
  const failed = results.filter(({ status }) => status === 'failed').length;
  const passed = results.length - failed;
  return [...lines, `${counted(results.length, 'test')}: ${passed} passed${failed === 0 ? '' : `, ${failed} failed`}`];
}

function detail({ status, message = '', sqlstate, line, time_ms }: TestResult): string {
  if (status === 'passed') return `${time_ms} ms`;
  const place = line === undefined ? '' : `line ${line}: `;
  return `${place}${visible(message)}${sqlstate === undefined ? '' : ` (${sqlstate})`}`;
}
