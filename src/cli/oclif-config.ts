/** oclif's configuration of this program: what it would otherwise look for in package.json, plugins and themes. */
import { join } from 'node:path';
import { Config } from '@oclif/core/config';

/** Where the program is installed, and its version; the launcher knows both. */
export interface Program {
  readonly root: string;
  readonly version: string;
}

/** What oclif would read from package.json; given here, it also loads no plugins of the user's. */
export function configOptions({ root, version }: Program): ConstructorParameters<typeof Config>[0] {
  return {
    root: join(root, 'dist'),
    version,
    devPlugins: false,
    userPlugins: false,
    pjson: {
      name: 'aergo',
      version,
      type: 'module',
      oclif: {
        bin: 'aergo',
        dirname: 'aergo',
        topicSeparator: ' ',
        commands: { strategy: 'pattern', target: './commands', globPatterns: ['**/*.js'] },
        topics: {
          config: { description: 'read and change settings' },
          contract: { description: 'deploy and look at contracts' },
          directory: { description: 'who changed what may be done here, version by version' },
          export: { description: 'write the ledger in other forms' },
          import: { description: 'bring rows into a table' },
          key: { description: 'the keys that sign' },
          member: { description: 'who takes part, and what each may do' },
          policy: { description: 'what is allowed here' },
          remote: { description: 'other places of this ledger' },
        },
      },
    },
  };
}

/** Hooks are for plugins, and there are none; oclif's own way to find that out needs the configuration to be loaded. */
class QuickConfig extends Config {
  override async runHook(): Promise<{ successes: []; failures: [] }> {
    return { successes: [], failures: [] };
  }
}

/** oclif's configuration without its search for plugins, manifests and themes: a command needs a few of its words only. */
export function quickConfig(program: Program): Config {
  const options = configOptions(program);
  const config = new QuickConfig(options);
  if (options.pjson !== undefined) config.pjson = options.pjson;
  config.root = options.root;
  config.bin = 'aergo';
  config.dirname = 'aergo';
  config.name = 'aergo';
  config.version = program.version;
  config.topicSeparator = ' ';
  config.userAgent = `aergo/${program.version}`;
  return config;
}
