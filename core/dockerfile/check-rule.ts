import type { Span } from '../base/source-text.ts';
import type { LogicalLine } from './stretch.ts';
import type { Dockerfile } from './syntax.ts';

/** A file with the lines it was read from. */
export interface CheckedFile extends Dockerfile {
  readonly lines: readonly CheckedLine[];
}
export interface CheckedLine extends LogicalLine {
  /** The start of its instruction's span. */
  readonly start: number;
  readonly skippedChecks?: readonly string[];
}

/** Says that something broke a rule; `by` tells which rules its instruction switches off. */
export type Complain = (message: string, span: Span, by: { readonly skippedChecks?: readonly string[] }) => void;

/** A check that needs the text alone; those that need variables, bases or contexts are planning's. */
export interface CheckRule {
  readonly name: string;
  /** Runs only where the check options ask for it. */
  readonly experimental?: boolean;
  check(file: CheckedFile, complain: Complain): void;
}
