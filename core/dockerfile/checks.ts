import type { LogicalLine } from './stretch.ts';
import type { Dockerfile, ParseWarning } from './syntax.ts';

export function checkDockerfile(_file: Dockerfile, _lines: readonly LogicalLine[]): readonly ParseWarning[] {
  return [];
}
