import { Secret } from './secret.ts';

const isProxy = /^(https?|ftp|all)_proxy$/i;

/**
 * The passwords in a command's proxies, as they are written there, as they are meant, and as they go to the proxy:
 * commands need them, and some print how they got out (`curl -v`).
 */
export function proxyLogins(env: Iterable<readonly [string, string | undefined]>): Secret[] {
  const found = new Set<string>();
  for (const [name, value = ''] of env) {
    if (!isProxy.test(name)) continue;
    const full = value.includes('://') ? value : `http://${value}`;
    if (!URL.canParse(full)) continue;
    const { username, password } = new URL(full);
    if (password === '') continue;
    const meant = decoded(password);
    const header = Buffer.from(`${decoded(username)}:${meant}`).toString('base64');
    for (const one of [password, meant, header]) found.add(one);
  }
  return [...found].map((one) => new Secret(one));
}

/** A `%` that escapes nothing stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
