import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface SourceFile {
  /** From the repository's root: `core/base/pool.ts` */
  readonly path: string;
  readonly text: string;
  /** Modules named in import and export lines and in `import(…)`, types included; relative ones as paths from the root. */
  readonly imports: readonly string[];
}

/** Every TypeScript file below the given top folders, tracked or new. */
export function sourceFiles(...tops: readonly string[]): SourceFile[] {
  const listed = execFileSync(
    'git',
    [
      'ls-files',
      '--cached',
      '--others',
      '--exclude-standard',
      '--',
      ...tops.map((top) => `${top}/**/*.ts`),
      ...tops.map((top) => `${top}/*.ts`),
    ],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    },
  );
  return [...new Set(listed.split('\n'))].filter(Boolean).flatMap((path) => {
    const text = read(path);
    return text === undefined ? [] : [{ path, text, imports: importsOf(path, text) }];
  });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}

/** Between the keyword and `from` stand names, braces, commas and stars alone: code with quotes in it is no import. */
const statement = /(?:^|\n)(?:import|export)\s(?:[\w$*{}\s,]*?\sfrom\s)?\s*'([^']+)'/g;
const dynamic = /\bimport\(\s*'([^']+)'\s*\)/g;

function importsOf(path: string, text: string): string[] {
  const named = [...text.matchAll(statement), ...text.matchAll(dynamic)].map((match) => match[1]!);
  return named.map((name) => (name.startsWith('.') ? posix.join(dirname(path), name) : name));
}

/** `core/base`, `plugins/store`, `core` for files right below core. */
export const folderOf = (path: string): string => {
  const parts = path.split('/');
  return parts.length <= 2 ? parts[0]! : `${parts[0]}/${parts[1]}`;
};
