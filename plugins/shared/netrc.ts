import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret, type World } from '../../core/index.ts';

export interface Login {
  readonly username: string;
  readonly password: Secret;
}

/** What `~/.netrc`, or the file that NETRC names, says of a host; `undefined` where it says nothing. */
export async function netrcLogin(hostname: string, world: Pick<World, 'env' | 'home'>): Promise<Login | undefined> {
  const file = world.env['NETRC'] || join(world.home, '.netrc');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : loginIn(text, hostname);
}

/** The first entry of the host counts, or else the default one. A machine without a password is as good as none. */
export function loginIn(text: string, hostname: string): Login | undefined {
  const words = wordsOf(text);
  for (let at = 0; at < words.length;) {
    const isDefault = words[at] === 'default';
    if (!isDefault && words[at] !== 'machine') {
      at++;
      continue;
    }
    const name = isDefault ? undefined : words[at + 1];
    at += isDefault ? 1 : 2;
    const fields = new Map<string, string>();
    for (; at < words.length && words[at] !== 'machine' && words[at] !== 'default'; at += 2)
      fields.set(words[at]!, words[at + 1] ?? '');
    if (name !== undefined && name.toLowerCase() !== hostname.toLowerCase()) continue;
    const [username, password] = [fields.get('login'), fields.get('password')];
    if (password !== undefined) return { username: username ?? '', password: new Secret(password) };
  }
  return undefined;
}

/** Words between blanks, or in double quotes. Comments and macros go. */
function wordsOf(text: string): string[] {
  const plain = text
    .replace(/(^|\s)macdef\s[^\n]*\n[\s\S]*?(?:\n[ \t]*(?=\n|$)|$)/g, '$1')
    .replace(/(^|\n)\s*#[^\n]*/g, '$1');
  return [...plain.matchAll(/"((?:[^"\\]|\\.)*)"|\S+/g)].map(([word, quoted]) =>
    quoted === undefined ? word : quoted.replace(/\\(.)/g, '$1'),
  );
}
