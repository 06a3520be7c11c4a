import { posix } from 'node:path';
import { toUtf8 } from '../base/bytes.ts';
import { problem } from '../base/errors.ts';
import type { ImagePath } from '../base/brand.ts';
import { ancestorsOf } from '../base/image-path.ts';
import { compileIgnorePattern, type IgnorePattern } from '../dockerfile/ignore-pattern.ts';

/**
 * Files by patterns in the language of `.dockerignore`: `**` for any number of directories, a directory for all below
 * it, `!` for what is not meant after all; the last one that matches decides.
 */
export interface PathPatterns {
  matches(path: ImagePath): boolean;
  /** Might something below this directory match? Says yes when in doubt. */
  reaches(directory: ImagePath): boolean;
  /** Does everything below this directory match, whatever it is? Says no when in doubt. */
  covers(directory: ImagePath): boolean;
  /** By number: the patterns without a `!` that name the path or a directory above it. */
  naming(path: ImagePath): readonly number[];
  /** As written, without those with a `!`. */
  readonly wanted: readonly string[];
}

interface Rule {
  readonly excludes: boolean;
  readonly pattern: IgnorePattern | undefined;
  /** Among those without a `!`. */
  readonly number: number;
}

/** `base` is the directory that patterns are seen from, below the root of the tree; empty for the root itself. */
export function pathPatterns(written: readonly string[], base = ''): PathPatterns {
  let wanted = 0;
  const rules = written.map((text): Rule => {
    const excludes = text.startsWith('!');
    return {
      excludes,
      pattern: compiled(text, excludes ? text.slice(1) : text, base),
      number: excludes ? -1 : wanted++,
    };
  });
  const matchesOne = ({ pattern }: Rule, names: readonly string[]): boolean =>
    pattern === undefined || names.some((name) => pattern.matches(name));
  return {
    wanted: written.filter((text) => !text.startsWith('!')),
    matches(path) {
      const names = namesOf(path);
      const last = rules.findLast((rule) => matchesOne(rule, names));
      return last !== undefined && !last.excludes;
    },
    reaches(directory) {
      const name = toUtf8(directory.slice(1));
      const names = namesOf(directory);
      // What is left out as a whole is brought back by a later pattern or not at all.
      const left = rules.findLastIndex((rule) => rule.excludes && matchesOne(rule, names));
      return rules
        .slice(left + 1)
        .some((rule) => !rule.excludes && (matchesOne(rule, names) || name === '' || rule.pattern!.reaches(name)));
    },
    covers: (directory) =>
      !rules.some(({ excludes }) => excludes) && rules.some((rule) => matchesOne(rule, namesOf(directory))),
    naming(path) {
      const names = namesOf(path);
      return rules.filter((rule) => !rule.excludes && matchesOne(rule, names)).map(({ number }) => number);
    },
  };
}

/** The path and every directory above it, as patterns know them. */
const namesOf = (path: ImagePath): readonly string[] => [...ancestorsOf(path), path].map((one) => toUtf8(one.slice(1)));

/** `undefined`: everything. */
function compiled(written: string, text: string, base: string): IgnorePattern | undefined {
  const path = posix.join(base.replace(/[*?[\]\\]/g, '\\$&'), text).replace(/\/$/, '');
  if (posix.isAbsolute(text) || path === '..' || path.startsWith('../'))
    throw problem('PREBUILD_PATTERN_INVALID', { pattern: written, reason: 'it leads out of the folder' });
  if (path === '.' || path === '') return undefined;
  const pattern = compileIgnorePattern(path);
  if (typeof pattern === 'string') throw problem('PREBUILD_PATTERN_INVALID', { pattern: written, reason: pattern });
  return pattern;
}
