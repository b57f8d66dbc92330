/** Changes one setting in a file and leaves everything else, comments included, as a person wrote it. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'smol-toml';
import { checkSetting, parseToml, readConfigurationFile, type SettingName } from './configuration.ts';

/**
 * Sets or takes away one setting. The file is replaced by rename, so that a reader sees the old or the new one.
 * @param value undefined: take it away.
 * @returns Whether the file had the setting before.
 * @throws AergoError AERGO_CONFIG_INVALID
 */
export function writeSetting(path: string, name: SettingName, value: string | undefined): boolean {
  const had = readConfigurationFile(path).has(name);
  if (value !== undefined) checkSetting(name, value);
  else if (!had) return false;
  const before = readOrEmpty(path);
  const after = changeText(before, name, value, path);
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.new`;
  writeFileSync(temporary, after, { mode: 0o644 });
  renameSync(temporary, path);
  return had;
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

function changeText(text: string, name: SettingName, value: string | undefined, path: string): string {
  const [section = '', key = ''] = name.split('.');
  const wanted = parseToml(text, path);
  const members = { ...toTable(wanted[section]) };
  if (value === undefined) delete members[key];
  else members[key] = value;
  wanted[section] = members;

  const edited = editLines(text, section, key, value === undefined ? undefined : `${key} = ${JSON.stringify(value)}`);
  // An edit by lines can miss what TOML also allows (inline tables, dotted keys); then the file is written anew.
  const result = toTable(parseOrNothing(edited, path));
  if (isDeepStrictEqual(withoutEmpty(result), withoutEmpty(wanted))) return edited;
  return stringify(withoutEmpty(wanted));
}

function editLines(text: string, section: string, key: string, line: string | undefined): string {
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const header = lines.findIndex((candidate) => candidate.trim() === `[${section}]`);
  if (header === -1) return line === undefined ? text : [...lines, `[${section}]`, line, ''].join('\n');
  let end = lines.findIndex((candidate, index) => index > header && candidate.trim().startsWith('['));
  if (end === -1) end = lines.length;
  const at = lines.findIndex(
    (candidate, index) => index > header && index < end && candidate.split('=')[0]?.trim() === key,
  );
  const replacement = line === undefined ? [] : [line];
  if (at === -1) lines.splice(header + 1, 0, ...replacement);
  else lines.splice(at, 1, ...replacement);
  return `${lines.join('\n')}\n`;
}

function parseOrNothing(text: string, path: string): unknown {
  try {
    return parseToml(text, path);
  } catch {
    return undefined; // the edit by lines went wrong: the caller writes the file anew
  }
}

function toTable(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function withoutEmpty(table: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(table)
      .filter(([, members]) => Object.keys(toTable(members)).length > 0)
      .map(([section, members]) => [section, toTable(members)]),
  );
}
