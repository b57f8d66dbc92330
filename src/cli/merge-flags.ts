/** The flags of `merge`: how it goes about it, and what else it does than merge. */
import * as Flags from '@oclif/core/flags';

export const mergeFlags = {
  into: Flags.string({ description: 'the branch to merge into (default: the current one)', helpValue: 'BRANCH' }),
  'dry-run': Flags.boolean({ default: false, description: 'say what would happen, and write nothing' }),
  'fail-on-drop': Flags.boolean({
    default: false,
    description: 'seal nothing, and exit with 1, when a transaction would be dropped',
  }),
  'drop-changed-results': Flags.boolean({
    default: false,
    description: 'drop also what would apply with another result',
  }),
  rows: Flags.boolean({ default: false, description: 'merge row by row, with people settling conflicts' }),
  pinned: Flags.boolean({
    default: false,
    description: 'settle as was agreed on, whatever the contract says by now',
  }),
  explain: Flags.boolean({
    default: false,
    description: 'say why each drop is one, and what to amend: as it would be merged, or of a merge block',
    exclusive: ['abort', 'continue', 'rows', 'pinned', 'fail-on-drop'],
  }),
  continue: Flags.boolean({
    default: false,
    description: 'seal the pending merge, when all conflicts are settled',
    exclusive: ['abort', 'into', 'dry-run', 'rows', 'pinned'],
  }),
  abort: Flags.boolean({ default: false, description: 'forget the pending merge' }),
};
