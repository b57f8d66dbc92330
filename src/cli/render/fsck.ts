/** `fsck`: what was looked at, and each thing that is wrong with its place. */
import type { FsckProblem, FsckReport } from '../face.ts';
import { counted, grouped } from './columns.ts';
import { visible } from './visible.ts';

export function fsckLines(report: FsckReport, rebuilt: boolean): string[] {
  const { volumes, objects, blocks, bytes, problems } = report;
  const found = problems.length === 0 ? 'no damage' : counted(problems.length, 'problem');
  return [
    ...(rebuilt ? ['the index was made anew from the volumes'] : []),
    ...problems.map(problemLine),
    `${counted(volumes, 'volume')}, ${counted(blocks, 'block')}, ${counted(objects, 'object')}, ${grouped(bytes)} bytes: ${found}`,
  ];
}

/** `volume 1, offset 4,096: …` */
function problemLine({ problem, volume, offset }: FsckProblem): string {
  const place = [
    ...(volume === undefined ? [] : [`volume ${volume}`]),
    ...(offset === undefined ? [] : [`offset ${grouped(offset)}`]),
  ].join(', ');
  return `${place}${place === '' ? '' : ': '}${visible(problem.replace(/\.$/, ''))}`;
}
