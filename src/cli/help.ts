/** `aergo help` and `--help`: oclif's help, from the manifest. */
import type { Config } from '@oclif/core/config';
import { Help } from '@oclif/core/help';

/** @param words The command or topic to explain; none: all commands. */
export async function showHelp(words: readonly string[], config: Config): Promise<void> {
  const help = new Help(config, { hideAliasesFromRoot: true, docopts: false });
  await help.showHelp([...words]);
}
