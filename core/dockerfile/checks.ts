import { skippedChecks, type CheckOptions } from './check-options.ts';
import type { CheckedFile, CheckedLine, CheckRule } from './check-rule.ts';
import { casing, instructions, stages } from './check-rules.ts';
import { spanOf, trimmed, wholeOf, type LogicalLine } from './stretch.ts';
import type { Dockerfile, ParseWarning } from './syntax.ts';

const rules: readonly CheckRule[] = [...stages, ...casing, ...instructions];

/** Runs the rules that `options` leave on, in the order of the file. */
export function checkDockerfile(
  file: Dockerfile,
  lines: readonly LogicalLine[],
  options: CheckOptions | undefined,
): readonly ParseWarning[] {
  const checked: CheckedFile = { ...file, lines: lines.map(checkedLine) };
  const warnings: ParseWarning[] = [];
  for (const rule of rules) {
    const on = rule.experimental ? listed(rule.name, options?.experimental) : !listed(rule.name, options?.skip);
    if (!on) continue;
    rule.check(checked, (message, span, by) => {
      if (!listed(rule.name, by.skippedChecks)) warnings.push({ rule: rule.name, message, span });
    });
  }
  return warnings.sort((a, b) => a.span.start - b.span.start);
}

function checkedLine(line: LogicalLine): CheckedLine {
  const skipped = skippedChecks(line.comments);
  return { ...line, start: spanOf(trimmed(wholeOf(line))).start, ...(skipped && { skippedChecks: skipped }) };
}

const listed = (rule: string, list: readonly string[] | 'all' | undefined): boolean =>
  list === 'all' || (list?.some((name) => name === 'all' || name.toLowerCase() === rule.toLowerCase()) ?? false);
