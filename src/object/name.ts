/**
 * Which names a tree entry may have. A name that some file system takes for `.git` or `.gitmodules`, or for a path, would
 * let a tree write outside its checkout: it is refused in every disguise Git knows, wherever the tree comes from.
 */

/** Bytes in a name at most (Git's fsck warns above the same length). */
export const maxNameBytes = 4096;

// HFS+ leaves these code points out when it compares names (Git's next_hfs_char).
const ignoredByHfs = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

// NTFS takes for `.git`: its short name `git~1`; for `.gitmodules`: the short names `gitmod~1` to `~4` and the hashed ones
// of eight characters, `gi7eba~1` down to `~1000000`. It drops trailing spaces and dots, and what follows a colon is the
// name of a stream. (Git's is_ntfs_dotgit and is_ntfs_dot_generic.)
const forbidden =
  /^(?:\.git(?:modules)?|git~1|gitmod~[1-4]|gi7eba~[1-9]|gi7eb~[1-9]\d|gi7e~[1-9]\d{2}|gi7~[1-9]\d{3}|gi~[1-9]\d{4}|g~[1-9]\d{5}|~[1-9]\d{6})[ .]*(?::|$)/i;

const dot = 0x2e;
const tilde = 0x7e;

/**
 * What is wrong with a name, as the end of a sentence, or null when nothing is. The name is well-formed Unicode of at least
 * one and at most `maxNameBytes` bytes; that is for the caller to check, who knows its bytes.
 */
export function nameFault(name: string): string | null {
  if (name.includes('/') || name.includes('\\') || name.includes('\0')) return 'holds a slash, a backslash or a NUL';
  const first = name.charCodeAt(0);
  // Every disguise starts with a dot, a g, a tilde or a code point that HFS+ leaves out: most names are done here.
  if (first !== dot && (first | 0x20) !== 0x67 && first !== tilde && first < 0x80) return null;
  if (name === '.' || name === '..') return 'is "." or ".."';
  const plain = first < 0x80 && isAscii(name) ? name : name.replace(ignoredByHfs, '');
  return forbidden.test(plain) ? 'is .git or .gitmodules for some file system' : null;
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    if (text.charCodeAt(at) >= 0x80) return false;
  }
  return true;
}
