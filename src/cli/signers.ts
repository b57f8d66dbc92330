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
  const seal = choice.settings.get('seal.key');
  if (seal === undefined) return { key };
  const sealer = await new KeyStore(choice.environment.dataDirectory).load(seal.value, passphrases(choice));
  return sealer.id === key.id ? { key } : { key, sealer };
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
    throw new AergoError('AERGO_KEY_MISSING', 'There is no key to sign with.', { hint: 'aergo key generate NAME' });
  }
  if (keys.length > 1) {
    const names = keys.map((key) => key.name);
    throw new AergoError(
      'AERGO_KEY_AMBIGUOUS',
      `There are ${keys.length} keys, and none is chosen: ${names.join(', ')}.`,
      {
        hint: `aergo config set user.key ${only.name}      (or --key, or AERGO_KEY)`,
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
