export type * from './syntax.ts';
export { parseDockerfile, parseTrigger } from './parse.ts';
export { detectSyntax } from './directives.ts';
