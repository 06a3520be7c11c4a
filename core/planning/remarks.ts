import { problem } from '../base/errors.ts';
import type { Span } from '../base/source-text.ts';
import type { PlanWarning } from '../contract/model.ts';
import { parseCheckOptions, type Dockerfile } from '../dockerfile/index.ts';

/** The checks of one Dockerfile: which are switched off, and whether any that fires is a failure. */
export interface CheckRules {
  readonly skip: readonly string[] | 'all';
  readonly error: boolean;
}

/** Collects what planning has to say; the same remark for several platforms or images is one. */
export interface Remarks {
  /** `skipped` are rules the instruction itself switches off. */
  add(rule: string, message: string, at: Span | undefined, rules: CheckRules, skipped?: readonly string[]): void;
  list(): readonly PlanWarning[];
  /** Remarks of Dockerfiles that ask for failure. */
  failures(): readonly PlanWarning[];
}

export function remarks(): Remarks {
  const found = new Map<string, { readonly warning: PlanWarning; readonly error: boolean }>();
  return {
    add(rule, message, at, rules, skipped = []) {
      if (isSkipped(rule, rules.skip) || isSkipped(rule, skipped)) return;
      const key = [rule, message, at?.source.name, at?.start, at?.end].join('\0');
      found.set(key, { warning: { rule, message, ...(at && { at }) }, error: rules.error });
    },
    list: () => [...found.values()].map(({ warning }) => warning),
    failures: () => [...found.values()].filter(({ error }) => error).map(({ warning }) => warning),
  };
}

const isSkipped = (rule: string, skip: readonly string[] | 'all'): boolean =>
  skip === 'all' || skip.some((name) => name === 'all' || name.toLowerCase() === rule.toLowerCase());

/** A build argument beats the `# check=` line of the file. */
export function checkRules(dockerfile: Dockerfile, override: string | undefined): CheckRules {
  if (override === undefined) return dockerfile.directives.check ?? { skip: [], error: false };
  const options = parseCheckOptions(override);
  if (typeof options === 'string') throw problem('DIRECTIVE_CHECK_INVALID', { reason: options });
  return options;
}
