/**
 * The zones that the engine knows: UTC. Which offset a named zone has at a time is the machine's data, which changes from one
 * release to the next; so they are not there, and a text that names one is no time, wherever it comes from.
 */
import type { PGlite } from '@electric-sql/pglite';

/** What PostgreSQL takes for a zone's name beside its files; as `timezonesets/Default` is written. Part of the engine id. */
export const zoneAbbreviations = 'UTC 0\nGMT 0\nZ 0\nZULU 0\n';

const share = '/pglite/share/postgresql';

/** SQL that makes a session read the abbreviations anew. */
export const zonesSql = "SET timezone_abbreviations = 'Default'";

/** Takes the zones' files out of a server that has started; they are in its memory only. `zonesSql` must follow. */
export function removeTimeZones(server: PGlite): void {
  const { FS: files } = server.Module;
  const utc = files.readFile(`${share}/timezone/UTC`);
  files.rename(`${share}/timezone`, '/pglite/share/timezone-unused');
  files.mkdir(`${share}/timezone`);
  files.writeFile(`${share}/timezone/UTC`, utc);
  files.writeFile(`${share}/timezonesets/Default`, zoneAbbreviations);
}
