/** Changes the policy. */
import * as Flags from '@oclif/core/flags';
import { repeated } from '../../src/cli/arguments.ts';
import { DirectoryCommand, proposeFlag } from '../../src/cli/directory-command.ts';
import { parseCount, parseDuration } from '../../src/cli/flag-values.ts';
import { AergoError } from '../../src/errors.ts';

const mergeModes = ['agreed', 'automatic', 'pinned', 'rows'] as const;

export default class PolicySet extends DirectoryCommand {
  static override summary = 'change what is allowed';
  static override description =
    'A rule (--ref) is set whole: what is not given does not hold any more. All rules that match a ref hold for it.';
  static override flags = {
    visibility: Flags.option({
      options: ['public', 'private'] as const,
      description: 'who may read: anybody, or members',
    })(),
    home: Flags.string({
      description: 'the one place where the directory is written; empty: anywhere',
      helpValue: 'URL',
    }),
    threshold: Flags.string({ description: 'how many admins must agree on members and policy', helpValue: 'N' }),
    lifetime: Flags.string({
      description: 'how long a version is believed without a newer one, as 30d; empty: for good',
      helpValue: 'TIME',
    }),
    'accept-engine': Flags.boolean({ default: false, description: 'accept the SQL engine of this aergo' }),
    ref: Flags.string({ description: 'the refs of a rule: refs/heads/main, refs/heads/team/*', helpValue: 'PATTERN' }),
    merge: Flags.option({
      options: mergeModes,
      ...repeated,
      description: 'a kind of merge that the rule lets in',
      dependsOn: ['ref'],
    })(),
    resolver: Flags.string({
      ...repeated,
      description: 'the hash of a merge logic that the rule accepts',
      dependsOn: ['ref'],
      helpValue: 'HASH',
    }),
    approvals: Flags.string({
      description: 'how many admins must agree before the refs move other than forward',
      dependsOn: ['ref'],
      helpValue: 'N',
    }),
    'no-rule': Flags.boolean({ description: 'no rule for the refs any more', dependsOn: ['ref'] }),
    ...proposeFlag,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(PolicySet);
    const { visibility, home, threshold, lifetime, ref } = flags;
    const { wholeUrl } = await import('../../src/repository.ts');
    const change = {
      ...(visibility === undefined ? {} : { visibility }),
      ...(home === undefined ? {} : { home: home === '' ? null : wholeUrl(home, process.cwd()) }),
      ...(threshold === undefined ? {} : { threshold: parseCount(threshold, '--threshold', 1_000) }),
      ...(lifetime === undefined ? {} : { lifetime: lifetime === '' ? null : parseDuration(lifetime, '--lifetime') }),
      ...(flags['accept-engine'] ? { acceptEngine: true } : {}),
      ...(ref === undefined ? {} : { rule: { ref, holds: flags['no-rule'] ? null : ruleOf(flags) } }),
    };
    const needed = 'aergo policy set needs a flag that says what';
    if (Object.keys(change).length === 0) throw new AergoError('AERGO_USAGE', needed, { hint: 'aergo policy show' });
    await this.change(flags.propose, (repository, signed) => repository.setPolicy({ ...signed, ...change }));
  }
}

function ruleOf(flags: {
  merge?: readonly (typeof mergeModes)[number][] | undefined;
  resolver?: readonly string[] | undefined;
  approvals?: string | undefined;
}) {
  const { merge, resolver, approvals } = flags;
  return {
    ...(merge === undefined ? {} : { merge: [...new Set(merge)].sort() }),
    ...(resolver === undefined ? {} : { resolvers: [...new Set(resolver)].sort() }),
    ...(approvals === undefined ? {} : { approvals: parseCount(approvals, '--approvals', 1_000) }),
  };
}
