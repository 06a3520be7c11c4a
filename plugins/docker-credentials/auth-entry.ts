import { Secret, type Credentials } from '../../core/index.ts';
import type { AuthEntry } from './config-files.ts';

/** The credentials in an entry of `auths`; `undefined` for the empty ones docker leaves where a helper knows. */
export function readEntry(entry: AuthEntry): Credentials | undefined {
  if (entry.registrytoken) return { kind: 'bearer', token: new Secret(entry.registrytoken) };
  if (entry.identitytoken) return { kind: 'refresh', token: new Secret(entry.identitytoken) };
  const [username, password] = entry.auth ? decode(entry.auth) : [entry.username, entry.password];
  if (!username || password === undefined) return undefined;
  // What az and others write besides an identity token: a user that stands for "no user".
  if (username === '<token>') return { kind: 'refresh', token: new Secret(password) };
  return { kind: 'basic', username, password: new Secret(password) };
}

/** How docker and podman write credentials into `auths`; `undefined`: they have no form for them. */
export function writeEntry(credentials: Credentials): AuthEntry | undefined {
  if (credentials.kind === 'basic') return { auth: encode(credentials.username, credentials.password.reveal()) };
  if (credentials.kind === 'bearer') return undefined;
  // A user that stands for "no user" besides the token, as az writes it: podman takes no entry without one.
  return { auth: encode('00000000-0000-0000-0000-000000000000', ''), identitytoken: credentials.token.reveal() };
}

const encode = (username: string, password: string): string =>
  Buffer.from(`${username}:${password}`).toString('base64');

function decode(auth: string): [string | undefined, string | undefined] {
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon === -1) return [undefined, undefined];
  // docker pads with NULs.
  return [text.slice(0, colon), text.slice(colon + 1).replace(/\0+$/, '')];
}
