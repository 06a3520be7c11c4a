import { globSync, readFileSync } from 'node:fs';
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

/** Every TypeScript file below the given top folders, but those of packages and what is built. */
export function sourceFiles(...tops: readonly string[]): SourceFile[] {
  return globSync(
    tops.map((top) => `${top}/**/*.ts`),
    { cwd: root, exclude: (name) => name === 'node_modules' || name === 'dist' },
  )
    .sort()
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8');
      return { path, text, imports: importsOf(path, text) };
    });
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
