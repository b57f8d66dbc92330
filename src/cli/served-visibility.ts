/** What a repository's own settings say of who reads it at this place, whatever its policy says. */
import { join } from 'node:path';
import { readConfigurationFile } from './configuration.ts';

/**
 * Whether only members read it where it is served (`serve.visibility`).
 * @param directory the `.aergo` directory, or the bare one
 * @throws AergoError AERGO_CONFIG_INVALID
 */
export const saysPrivate = (directory: string): boolean =>
  readConfigurationFile(join(directory, 'config.toml')).get('serve.visibility') === 'private';
