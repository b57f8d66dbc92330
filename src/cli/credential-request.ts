/**
 * What Git asks a credential helper, and how it is answered: lines of `name=value`, ended by an empty line.
 * @see https://git-scm.com/docs/git-credential#IOFMT
 */

/** Where somebody is to log in. */
export type CredentialRequest =
  /** A repository over HTTP. */
  | { readonly kind: 'repository'; readonly url: string }
  /** A server of which Git does not say what is wanted there: it does with `credential.useHttpPath`. */
  | { readonly kind: 'server'; readonly url: string }
  /** None of ours: another protocol, or a server that says that it is another one. */
  | { readonly kind: 'other' };

/** `wwwauth[]` is what the server asked with, which Git passes on since 2.41. */
const ourRealm = /\brealm="aergo"/;

/** @param text all that Git wrote; what is unknown in it is left aside */
export function readCredentialRequest(text: string): CredentialRequest {
  const fields = new Map<string, string>();
  const asked: string[] = [];
  for (const line of text.split('\n')) {
    const at = line.indexOf('=');
    if (at < 0) continue;
    const [name, value] = [line.slice(0, at), line.slice(at + 1)];
    if (name === 'wwwauth[]') asked.push(value);
    else fields.set(name, value);
  }
  const [protocol = '', host = '', path = ''] = ['protocol', 'host', 'path'].map((name) => fields.get(name));
  const url = `${protocol}://${host}/${path}`;
  const isHttp = (protocol === 'http' || protocol === 'https') && host !== '' && URL.canParse(url);
  if (!isHttp || (asked.length > 0 && !asked.some((value) => ourRealm.test(value)))) return { kind: 'other' };
  return path === '' ? { kind: 'server', url } : { kind: 'repository', url };
}

/** What Git reads. @param expires ms; Git keeps nothing beyond it */
export function* credentialAnswer(token: string, expires: number): Generator<string> {
  // The user's name is nobody's: the token says who it is.
  yield 'username=aergo';
  yield `password=${token}`;
  yield `password_expiry_utc=${Math.floor(expires / 1000)}`;
}
