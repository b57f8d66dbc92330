/** An error as people see it (`error: … AERGO_CODE`, then the hint) and as programs see it (`aergo.error/1`). */
import { AergoError } from '../errors.ts';
import type { Style } from './output.ts';
import { columns } from './render/columns.ts';

/** Any error as one of the registry: what has no code of its own is a fault of ours. */
export function asAergoError(fault: unknown): AergoError {
  if (fault instanceof AergoError) return fault;
  const message = fault instanceof Error ? fault.message : String(fault);
  return new AergoError('AERGO_INTERNAL', `a fault of aergo itself: ${message}`, {
    hint: 'run it again with --debug, and report what it prints',
    cause: fault,
  });
}

/** @param debug With the stack traces of the error and its causes. */
export function renderError(error: AergoError, style: Style, debug: boolean): string {
  const sentence = error.message;
  const lines = [`${style.red('error:')} ${sentence}   ${style.dim(error.code)}`];
  if (error.hint !== undefined) {
    const [first = '', ...more] = error.hint.split('\n');
    lines.push(`${style.cyan('  hint:')} ${alignRemark(first)}`, ...more.map((line) => `        ${line}`));
  }
  if (debug) {
    for (let fault: unknown = error; fault instanceof Error; fault = fault.cause)
      lines.push(fault.stack ?? fault.message);
  }
  return lines.join('\n');
}

/** A remark in brackets behind a command stands in the second column. */
function alignRemark(hint: string): string {
  const found = /^(.*?\S) {3,}(\(.*\))$/.exec(hint);
  return found === null ? hint : columns(found[1] ?? '', found[2] ?? '', 48 - '  hint: '.length);
}

/** The line that `--json` prints on stdout instead of a result. */
export function errorAsJson(error: AergoError): object {
  return { schema: 'aergo.error/1', ok: false, error: errorMembers(error) };
}

/** An error's members as JSON has them. */
export function errorMembers({ code, message, hint, details }: AergoError): object {
  return { code, message, ...(hint === undefined ? {} : { hint }), details };
}
