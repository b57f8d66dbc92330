/** `8 blocks on main, 2 merged from what-if: signatures, re-runs and states agree` */
import type { VerifyReport } from '../face.ts';
import { counted, grouped } from './columns.ts';
import { cutLines } from './cut.ts';
import { visible } from './visible.ts';

/** @param leading The branches to speak of, in this order; all others are within them. */
export function verifiedLines(report: VerifyReport, leading: readonly string[]): string[] {
  const { branches, fast, perturbed, runs = 1 } = report;
  const what = fast ? 'signatures and structure agree; nothing was run again' : 'signatures, re-runs and states agree';
  const spoken = leading.flatMap((name) => branches.find((branch) => branch.name === name) ?? []);
  const lines = spoken.map(({ name, blocks, merged }) => {
    const others = merged
      .map(({ branch, blocks: count }) => `, ${grouped(count)} merged from ${visible(branch)}`)
      .join('');
    return `${counted(blocks, 'block')} on ${visible(name)}${others}: ${what}`;
  });
  lines.push(...cutLines(report));
  if (perturbed === undefined) return lines;
  const times = runs === 1 ? '' : ` ${grouped(runs)} times`;
  return [...lines, `also with rows, plans and clock perturbed${times} (--seed ${visible(perturbed)})`];
}
