export type * from './syntax.ts';
export { parseDockerfile, parseTrigger } from './parse.ts';
export { detectSyntax } from './directives.ts';
export {
  expandHeredoc,
  expandWord,
  expandWords,
  type ExpandedWord,
  type ExpandedWords,
  type VariableUse,
} from './words.ts';
export type { Scope } from './substitution.ts';
