import { BuildErrors, type BuildError, type World } from '../../core/index.ts';
import type { Level } from './options.ts';

export interface Violation {
  readonly level: Level;
  readonly problem: BuildError;
}

/** Warnings are told, then all that is denied is thrown together; what several images share is said once. */
export function judge(found: readonly Violation[], world: World): void {
  const unique = [...new Map(found.map((one) => [keyOf(one), one])).values()];
  for (const { level, problem } of unique) if (level === 'warn') warn(problem, world);
  const denied = unique.flatMap(({ level, problem }) => (level === 'deny' ? [problem] : []));
  if (denied.length === 1) throw denied[0]!;
  if (denied.length > 1) throw new BuildErrors(denied, `${denied.length} violations of the policy`);
}

/** Before there is a plan: what is denied is told together with the complaints of other plugins. */
export function tellOrComplain(
  found: readonly Violation[],
  complain: (problem: BuildError) => void,
  world: World,
): void {
  for (const { level, problem } of found) {
    if (level === 'warn') warn(problem, world);
    else complain(problem);
  }
}

const keyOf = ({ problem: { code, message, where } }: Violation): string =>
  [code, message, where.at?.source.name, where.at?.start].join('\n');

function warn({ code, message, hint, where }: BuildError, world: World): void {
  world.report({
    type: 'notice',
    level: 'warning',
    code,
    message,
    ...(hint !== undefined && { hint }),
    ...(where.at && { at: where.at }),
  });
}
