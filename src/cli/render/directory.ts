/** Versions of the directory, members and the policy as lines. */
import type { DirectoryReport, DirectoryVersionView, Member, Policy, ProposalView, VersionSummary } from '../face.ts';
import type { Style } from '../output.ts';
import { aligned, counted, short, shortKey, utc } from './columns.ts';
import { visible } from './visible.ts';

const versionName = ({ version, id }: Pick<VersionSummary, 'version' | 'id'>): string =>
  `directory version ${version} ${short(id)}`;

/** `directory version 2 4f1c2a9   member bob: write` */
export function changedLines(version: VersionSummary): string[] {
  const [first = 'no change', ...rest] = version.changes;
  return aligned([[versionName(version), visible(first)], ...rest.map((change) => ['', visible(change)])]);
}

/** `nothing to change: directory version 2 4f1c2a9 says so` */
export const unchangedLine = (version: VersionSummary): string => `nothing to change: ${versionName(version)} says so`;

/** `proposed in change.json for version 4   member bob: admin   1 approval` */
export function proposedLines({ version, changes, approvals }: Omit<ProposalView, 'text'>, file: string): string[] {
  const approved = counted(approvals.length, 'approval');
  return [
    `proposed in ${visible(file)} for version ${version} of the directory: ${approved}`,
    ...changes.map((change) => `  ${visible(change)}`),
  ];
}

/** One version of `directory log`. */
export function versionLines(version: VersionSummary, style: Style): string[] {
  const { changes, approvals } = version;
  const signer = version.name === undefined ? shortKey(version.signer) : visible(version.name);
  const agreed = approvals.length === 0 ? '' : `, ${counted(approvals.length, 'approval')}`;
  const head = `${style.yellow(short(version.id))}   ${style.bold(`version ${version.version}`)}   ${style.dim(utc(version.time))}   ${signer}${agreed}`;
  return [head, ...changes.map((change) => `  ${visible(change)}`)];
}

/** `bob   ed25519:…   write   since version 2` */
export function memberLines(members: readonly Member[], style: Style): string[] {
  const lines = aligned(
    members.map(({ name, key, roles, from, revoked }) => [
      visible(name),
      key,
      roles.join(' '),
      revoked === undefined
        ? `since version ${from}`
        : `revoked in version ${revoked.version}: ${visible(revoked.reason)}`,
    ]),
  );
  return lines.map((line, index) => (members[index]?.revoked === undefined ? line : style.dim(line)));
}

export function policyLines({ visibility, home, threshold, lifetime, engines, rules = [] }: Policy): string[] {
  return aligned([
    ['visibility', visibility],
    ['home', home === undefined ? 'anywhere' : visible(home)],
    ['members and policy', `${counted(threshold ?? 1, 'admin')} must agree`],
    ...(lifetime === undefined ? [] : [['a version is believed for', duration(lifetime)]]),
    ...engines.map((engine) => ['engine', engine]),
    ...rules.map(({ ref, approvals, merge, resolvers }) => [
      visible(ref),
      [
        ...(approvals === undefined
          ? []
          : [`${counted(approvals, 'admin')} must agree before it moves other than forward`]),
        ...(merge === undefined ? [] : [`merges: ${merge.join(', ')}`]),
        ...(resolvers === undefined ? [] : [`by ${resolvers.map(short).join(', ')}`]),
      ].join('; '),
    ]),
  ]);
}

function duration(time_ms: number): string {
  const units: readonly [number, string][] = [
    [86_400_000, 'day'],
    [3_600_000, 'hour'],
    [60_000, 'minute'],
  ];
  const [length, name] = units.find(([unit]) => time_ms % unit === 0) ?? [1_000, 'second'];
  return counted(Math.round(time_ms / length), name);
}

/** The whole of a version for `directory show`. */
export function shownVersion(version: DirectoryVersionView, style: Style): string[] {
  const { expires, signer, approvals, time, members, heads, snapshots, policy } = version;
  const nameOf = (key: string): string => {
    const name = members.find((member) => member.key === key)?.name;
    return name === undefined ? key : `${visible(name)} (${key})`;
  };
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', style.bold(title), ...lines.map((line) => `  ${line}`)];
  return [
    style.bold(versionName(version)),
    ...aligned([
      ['id', version.id],
      ['time', `${utc(time)} UTC`],
      ['signer', nameOf(signer)],
      ...approvals.map((key) => ['approved by', nameOf(key)]),
      ...(expires === undefined ? [] : [['expires', `${utc(expires)} UTC`]]),
    ]),
    ...section('members', memberLines(members, style)),
    ...section('policy', policyLines(policy)),
    ...section(
      'branches',
      aligned(heads.map(({ branch, height, head }) => [visible(branch), `block ${height} ${short(head)}`])),
    ),
    ...section('snapshots', aligned(snapshots.map(({ name, block }) => [visible(name), `block ${short(block)}`]))),
  ];
}

/** `3 versions of the directory: signatures, rights and heads agree` */
export function directoryReportLines({ version, expires, expired, evidence }: DirectoryReport): string[] {
  const until = expires === undefined ? [] : [`${expired ? 'expired' : 'to be believed until'} ${utc(expires)} UTC`];
  return [
    `${counted(version, 'version')} of the directory: signatures, rights and heads agree`,
    ...until,
    ...evidence.map(({ kind, known, found, place, seen }) => {
      const what =
        kind === 'rollback'
          ? `${short(found.id)} was offered, which is older than ${short(known.id)}`
          : `${short(known.id)} and ${short(found.id)} have one number`;
      return `${kind}: ${what}   ${visible(place)}   ${utc(seen)}`;
    }),
  ];
}
