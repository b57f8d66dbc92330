/** Serves the repositories below a directory to Git and to aergo, until it is told to stop. */
import * as Flags from '@oclif/core/flags';
import { repeated, word } from '../src/cli/arguments.ts';
import { AergoCommand } from '../src/cli/command.ts';
import { serveUntilStopped } from '../src/cli/serve.ts';

export default class Serve extends AergoCommand {
  static override isBulk = true;
  static override summary = 'serve the repositories below a directory';
  static override description =
    'Offers ROOT/team/shop.aergo as /team/shop over Git’s smart HTTP protocol: stock Git and aergo clone, fetch and push there. What is pushed is verified whole before a ref moves. With a key whose member has the role publish, the server says in the directory where the heads stand. SIGINT and SIGTERM stop it when what is under way has ended.';
  static override args = { root: word('the directory with the repositories') };
  static override flags = {
    listen: Flags.string({
      default: '127.0.0.1:8545',
      description: 'the address to listen on',
      helpValue: 'HOST:PORT',
    }),
    url: Flags.string({
      ...repeated,
      description: 'under which address clients reach it, where that is another (several times)',
      helpValue: 'URL',
    }),
    'tls-cert': Flags.string({
      description: 'the certificate chain, a PEM file',
      helpValue: 'FILE',
      dependsOn: ['tls-key'],
    }),
    'tls-key': Flags.string({ description: 'its key, a PEM file', helpValue: 'FILE', dependsOn: ['tls-cert'] }),
    'read-only': Flags.boolean({ default: false, description: 'take no pushes: no key is needed' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Serve);
    const key = flags['read-only'] ? undefined : (await this.signers()).key;
    await serveUntilStopped(
      {
        root: args.root,
        listen: flags.listen,
        origins: flags.url ?? [],
        ...(flags['tls-cert'] === undefined || flags['tls-key'] === undefined
          ? {}
          : { tls: { cert: flags['tls-cert'], key: flags['tls-key'] } }),
        ...(key === undefined ? {} : { key }),
        isPrivate: (await this.settings()).get('serve.visibility')?.value === 'private',
        agent: `aergo/${this.config.version}`,
        repository: await this.repositoryOptions(),
      },
      (origin) => this.print({ origin, root: args.root }, () => `serving ${args.root} on ${origin}`),
    );
  }
}
