export type * from './syntax.ts';
export { parseDockerfile, parseTrigger } from './parse.ts';
export { parseCheckOptions, type CheckOptions } from './check-options.ts';
export { detectSyntax } from './directives.ts';
export { shellScript, type ShellScript } from './script.ts';
export {
  expandHeredoc,
  expandWord,
  expandWords,
  type ExpandedWord,
  type ExpandedWords,
  type VariableUse,
} from './words.ts';
export type { Scope } from './substitution.ts';
export { excludeRules, parseIgnore, type IgnoreMatcher } from './ignore.ts';
export { compileGlob, type Glob, type GlobComponent } from './glob.ts';
export { parseSignal } from './signals.ts';
export { parseExpose } from './expose.ts';
export { parseDuration } from './duration.ts';
export { parseChmod, type ModeChange } from './chmod.ts';
export { parseOwner, type OwnerSpec } from './owner.ts';
export { parseSize } from './sizes.ts';
export { readMount, type Mount } from './mounts.ts';
