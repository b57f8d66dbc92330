/** Which key signs: `--key` > AERGO_KEY > AERGO_KEY_DATA > `user.key` > the only key there is; `seal.key` seals when set. */
import type { SigningKey } from '../crypto/key.ts';
import { AergoError } from '../errors.ts';
import type { Setting, SettingName } from './configuration.ts';
import type { Environment } from './environment.ts';
import { KeyStore, unlock } from './key-store.ts';
import { askSecret } from './prompt.ts';

export interface SignerChoice {
  readonly environment: Environment;
  readonly settings: ReadonlyMap<SettingName, Setting>;
  /** `--key`: a name or a path. */
  readonly flag: string | undefined;
  /** Whether somebody can be asked for a passphrase. */
  readonly canAsk: boolean;
}

/** @throws AergoError AERGO_KEY_MISSING, AERGO_KEY_AMBIGUOUS, AERGO_KEY_READABLE, AERGO_KEY_INVALID, AERGO_KEY_PASSPHRASE */
export async function chooseSigners(choice: SignerChoice): Promise<{ key: SigningKey; sealer?: SigningKey }> {
  const key = await chooseAuthor(choice);
  const sealer = await configuredSealer(choice);
  return sealer === undefined || sealer.id === key.id ? { key } : { key, sealer };
}

/** Who seals a block that has no author of its own, a merge: `seal.key`, else who would sign. Throws as `chooseSigners`. */
export async function chooseSealer(choice: SignerChoice): Promise<SigningKey> {
  return (await configuredSealer(choice)) ?? chooseAuthor(choice);
}

async function configuredSealer(choice: SignerChoice): Promise<SigningKey | undefined> {
  const setting = choice.settings.get('seal.key');
  if (setting === undefined) return undefined;
  return new KeyStore(choice.environment.dataDirectory).load(setting.value, passphrases(choice));
}

async function chooseAuthor(choice: SignerChoice): Promise<SigningKey> {
  const { environment, settings, flag } = choice;
  const store = new KeyStore(environment.dataDirectory);
  const ask = passphrases(choice);
  if (flag !== undefined) return store.load(flag, ask);
  const setting = settings.get('user.key');
  if (setting?.origin === 'environment') return store.load(setting.value, ask);
  const data = environment.variables.AERGO_KEY_DATA;
  if (data) return unlock(data.endsWith('\n') ? data : `${data}\n`, 'in AERGO_KEY_DATA', ask);
  if (setting !== undefined) return store.load(setting.value, ask);
  const keys = store.list();
  const [only] = keys;
  if (only === undefined) {
    throw new AergoError('AERGO_KEY_MISSING', 'there is no key to sign with', { hint: 'aergo key generate NAME' });
  }
  if (keys.length > 1) {
    const names = keys.map((key) => key.name);
    throw new AergoError(
      'AERGO_KEY_AMBIGUOUS',
      `there are ${keys.length} keys, and none is chosen: ${names.join(', ')}`,
      {
        hint: `choose one with --key or AERGO_KEY, or for good: aergo config set --global user.key ${only.name}`,
        details: { candidates: names },
      },
    );
  }
  return store.load(only.name, ask);
}

/** How a passphrase is come by: AERGO_KEY_PASSPHRASE, else the terminal. */
export function passphrases({ environment, canAsk }: Pick<SignerChoice, 'environment' | 'canAsk'>) {
  return async (key: string): Promise<string> =>
    environment.variables.AERGO_KEY_PASSPHRASE ??
    askSecret(`passphrase of the key ${key}: `, canAsk, 'give it in AERGO_KEY_PASSPHRASE');
}
