/** Git's words that mean something else here, or nothing: each answers with the right one. */

interface Answer {
  readonly message: string;
  readonly hint?: string;
}

const answers: Readonly<Record<string, Answer>> = {
  add: {
    message: 'there is no staging area: every call is sealed as it runs',
    hint: 'aergo call CONTRACT.FUNCTION [ARG…]',
  },
  checkout: {
    message: 'checkout is called switch here',
    hint: 'aergo switch NAME      (a new branch: aergo switch -c NAME)',
  },
  'cherry-pick': {
    message:
      'transactions are not picked one by one: a merge runs all that a branch has, and drops those that do not fit',
    hint: 'aergo merge BRANCH --dry-run',
  },
  commit: { message: 'nothing to commit: calls are sealed as they run' },
  'init-db': { message: 'init-db is called init here', hint: 'aergo init' },
  rebase: {
    message:
      'blocks are signed and never rewritten, so there is no rebase: a merge runs the transactions again on the other branch',
    hint: 'aergo merge BRANCH --dry-run',
  },
  reset: {
    message: 'what is sealed stays sealed, so there is no reset: branch from the block that was right',
    hint: 'aergo switch -c NAME REV',
  },
  'rev-parse': { message: 'revisions are resolved by every command', hint: 'aergo log REV' },
  stash: { message: 'there is nothing to stash: try things on a branch', hint: 'aergo switch -c NAME' },
  tag: { message: 'tag is called snapshot here', hint: 'aergo snapshot NAME [REV]' },
  reflog: { message: 'there is no reflog: every block stays reachable by its id', hint: 'aergo log --graph' },
};

/** @returns What to say to somebody who typed Git's word, or undefined where it is none. */
export function answerToGitWord(word: string): Answer | undefined {
  return Object.hasOwn(answers, word) ? answers[word] : undefined;
}
