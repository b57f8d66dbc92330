/**
 * Settings: flag > AERGO_* variable > the repository's config.toml > the user's > the system's. Every file is read
 * strictly: an unknown, double or ill-typed setting is refused with its file. No setting names a program to run, so an
 * unpacked repository cannot make anything run.
 */
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { z } from 'zod';
import { AergoError } from '../errors.ts';
import { configurationPlaces, type FileOrigin } from './configuration-places.ts';
import type { Environment } from './environment.ts';
import { nearest } from './nearest.ts';

/** Every setting: what it may be, its variable, and what it is for. */
export const settings = {
  'core.color': {
    value: z.enum(['auto', 'always', 'never']),
    variable: 'AERGO_COLOR',
    meaning: 'auto, always or never',
  },
  'core.lock-timeout': {
    value: z.coerce.number().min(0).max(3600),
    variable: 'AERGO_LOCK_TIMEOUT',
    meaning: 'a number of seconds, 0 to 3600',
  },
  'seal.key': {
    value: z.string().min(1).max(4096),
    variable: 'AERGO_SEAL_KEY',
    meaning: 'the name or path of the key that seals blocks when it is not the author',
  },
  'serve.visibility': {
    value: z.enum(['policy', 'private']),
    variable: 'AERGO_SERVE_VISIBILITY',
    meaning: 'policy (whoever the policy lets read) or private (members only)',
  },
  'user.key': {
    value: z.string().min(1).max(4096),
    variable: 'AERGO_KEY',
    meaning: 'the name or path of the key that signs',
  },
} as const;

export type SettingName = keyof typeof settings;
export type OriginKind = 'environment' | FileOrigin;

export interface Setting {
  readonly name: SettingName;
  readonly value: string;
  readonly origin: OriginKind;
  /** The variable's name, or the file's path. */
  readonly place: string;
}

/** Whether a text names a setting. @throws AergoError AERGO_CONFIG_UNKNOWN */
export function parseSettingName(text: string, place?: string): SettingName {
  for (const name of settingNames()) if (name === text) return name;
  const meant = nearest(text, settingNames());
  const where = place === undefined ? '' : `${place}: `;
  throw new AergoError(
    'AERGO_CONFIG_UNKNOWN',
    `${where}there is no setting ${JSON.stringify(text)}${meant ? `: did you mean ${meant}?` : ''}`,
    {
      hint: `the settings are ${settingNames().join(', ')}`,
      details: {
        setting: text,
        ...(place === undefined ? {} : { place }),
        ...(meant === undefined ? {} : { candidates: [meant] }),
      },
    },
  );
}

function settingNames(): SettingName[] {
  const names: SettingName[] = [];
  for (const name in settings) if (isSettingName(name)) names.push(name);
  return names;
}

function isSettingName(text: string): text is SettingName {
  return Object.hasOwn(settings, text);
}

/** Checks a value. @throws AergoError AERGO_CONFIG_INVALID */
export function checkSetting(name: SettingName, value: unknown, place?: string): string {
  const parsed = settings[name].value.safeParse(typeof value === 'bigint' ? Number(value) : value);
  if (parsed.success && (typeof value !== 'string' || value.trim() !== '')) return String(parsed.data);
  const where = place === undefined ? '' : `${place}: `;
  throw new AergoError(
    'AERGO_CONFIG_INVALID',
    `${where}${name} cannot be ${JSON.stringify(value)}: expected ${settings[name].meaning}`,
    {
      details: { setting: name, ...(place === undefined ? {} : { place }) },
    },
  );
}

/** The settings of one file, checked. A file that is not there has none. @throws AergoError AERGO_CONFIG_INVALID, AERGO_CONFIG_UNKNOWN */
export function readConfigurationFile(path: string): Map<SettingName, string> {
  const found = new Map<SettingName, string>();
  if (!existsSync(path)) return found;
  for (const [section, members] of Object.entries(parseToml(readFileSync(path, 'utf8'), path))) {
    const isTable = typeof members === 'object' && members !== null && !Array.isArray(members);
    for (const [key, value] of Object.entries(isTable ? members : { '': members })) {
      const name = parseSettingName(isTable ? `${section}.${key}` : section, path);
      found.set(name, checkSetting(name, value, path));
    }
  }
  return found;
}

export function parseToml(text: string, path: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (cause) {
    const [reason = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    throw new AergoError('AERGO_CONFIG_INVALID', `${path} is not a TOML file of settings: ${reason}`, {
      details: { place: path },
      cause,
    });
  }
}

/** All settings that have a value, each with where it comes from; the first place that has one wins. */
export function readConfiguration(environment: Environment, repository: string | undefined): Map<SettingName, Setting> {
  const found = new Map<SettingName, Setting>();
  for (const name of settingNames()) {
    const { variable } = settings[name];
    const value = environment.variables[variable];
    if (value === undefined || value === '') continue;
    found.set(name, { name, value: checkSetting(name, value, variable), origin: 'environment', place: variable });
  }
  for (const { origin, path } of configurationPlaces(environment, repository)) {
    for (const [name, value] of readConfigurationFile(path)) {
      if (!found.has(name)) found.set(name, { name, value, origin, place: path });
    }
  }
  return found;
}
