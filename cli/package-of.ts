import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** `name@version` of the package a file belongs to; `undefined` for one that belongs to none with a name. */
export function packageOf(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const found = manifestIn(folder);
    if (found?.name !== undefined) return found.version === undefined ? found.name : `${found.name}@${found.version}`;
    if (folder === dirname(folder)) return undefined;
  }
}

/** Some folders have a `package.json` that only says how to read what is below. */
function manifestIn(folder: string): { readonly name?: string; readonly version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: string; version?: string };
  } catch {
    return undefined;
  }
}
