import { problem, type BuildError } from '../base/errors.ts';
import { diagnosticLines, type Diagnostic } from './refusal.ts';
import type { Need } from './scopes.ts';

/** A registry that says it got other bytes than the digest promised: they may come through whole the next time. */
export function damagedUpload(
  status: number,
  diagnostics: readonly Diagnostic[],
  { registry }: Need,
  what: string,
): BuildError | undefined {
  if (status !== 400 || !diagnostics.some(({ code }) => code === 'DIGEST_INVALID')) return undefined;
  return problem('UPLOAD_DAMAGED', { registry, what, diagnostics: diagnosticLines(diagnostics) });
}
