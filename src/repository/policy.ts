/** The policy: who may read, where the directory is written, how many admins must agree, what holds for which refs. */
import { isDeepStrictEqual } from 'node:util';
import { type Policy, policySchema } from '../directory/files.ts';
import { AergoError } from '../errors.ts';
import type { RepositoryContext } from './context.ts';
import type { Step } from './directory-write.ts';

type Rule = NonNullable<Policy['rules']>[number];

/** What is to be otherwise; `null` takes a member away. */
export interface PolicyChange {
  readonly visibility?: Policy['visibility'];
  readonly home?: string | null;
  /** ms */
  readonly lifetime?: number | null;
  readonly threshold?: number;
  /** Accepts the engine of this program, from now on. */
  readonly acceptEngine?: boolean;
  /** The rule for a pattern of refs, whole; `null`: there is none any more. */
  readonly rule?: { readonly ref: string; readonly holds: Omit<Rule, 'ref'> | null };
}

/** What changes the policy so; nothing where it says so. Throws `AERGO_POLICY_INVALID` when it is asked. */
export const policyChanged =
  ({ engineId }: RepositoryContext, change: PolicyChange): Step =>
  ({ policy: before }) => {
    const policy = changedPolicy(before, change, engineId);
    return isDeepStrictEqual(policy, before) ? undefined : { policy };
  };

function changedPolicy(policy: Policy, change: PolicyChange, engine: Policy['engines'][number]): Policy {
  const { visibility = policy.visibility, home, lifetime, threshold, acceptEngine, rule } = change;
  const engines =
    acceptEngine === true && !policy.engines.includes(engine) ? [...policy.engines, engine] : policy.engines;
  const rules = rule === undefined ? policy.rules : withRule(policy.rules ?? [], rule);
  const wanted = {
    ...policy,
    engines,
    visibility,
    home: home === undefined ? policy.home : home,
    lifetime: lifetime === undefined ? policy.lifetime : lifetime,
    // One admin is what holds where nothing is said.
    threshold: threshold === undefined ? policy.threshold : threshold === 1 ? null : threshold,
    rules: rules?.length === 0 ? null : rules,
  };
  const said = Object.entries(wanted).filter(([, value]) => value !== undefined && value !== null);
  const parsed = policySchema.safeParse(Object.fromEntries(said));
  if (parsed.success) return parsed.data;
  const member = parsed.error.issues[0]?.path[0];
  const name = typeof member === 'string' ? member : 'policy';
  throw new AergoError('AERGO_POLICY_INVALID', `the policy cannot have this ${name === 'rules' ? 'rule' : name}`, {
    hint: hints[name] ?? 'aergo policy show',
    details: { member: name },
    cause: parsed.error,
  });
}

const hints: Readonly<Record<string, string>> = {
  home: 'a URL or a path, without a name or a password in it',
  lifetime: 'from a minute to ten years, as 30d',
  rules: 'a rule is for refs/heads/BRANCH, refs/heads/BRANCH/* or refs/tags/NAME, and says something',
  threshold: 'a number of admins, from 1 to 1000',
};

function withRule(rules: readonly Rule[], { ref, holds }: NonNullable<PolicyChange['rule']>): Rule[] {
  const others = rules.filter((rule) => rule.ref !== ref);
  const all = holds === null ? others : [...others, { ...holds, ref }];
  return all.sort((a, b) => (a.ref < b.ref ? -1 : Number(a.ref > b.ref)));
}
