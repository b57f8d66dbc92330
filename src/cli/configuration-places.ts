/** The files of settings, nearest first. By itself, so that a command can see that there are none and load nothing more. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from './environment.ts';

export type FileOrigin = 'repository' | 'user' | 'system';

export interface ConfigurationPlace {
  readonly origin: FileOrigin;
  readonly path: string;
}

/** @param repository The `.aergo` directory, inside of a repository. */
export function configurationPlaces(environment: Environment, repository: string | undefined): ConfigurationPlace[] {
  return [
    ...(repository === undefined ? [] : [{ origin: 'repository' as const, path: join(repository, 'config.toml') }]),
    { origin: 'user', path: environment.userConfiguration },
    { origin: 'system', path: environment.systemConfiguration },
  ];
}

export function anyConfiguration(environment: Environment, repository: string | undefined): boolean {
  return configurationPlaces(environment, repository).some(({ path }) => existsSync(path));
}
