/** What tests need, and whether they can run here. */
import { describe, it } from 'vitest';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isCapability, refusalOf, type Capability } from './capabilities.ts';
import { noteLeftOut } from './left-out.ts';
import { ensurePackages, type PackageName } from './packages.ts';

/** A Debian package or something the machine must allow. */
export type Need = Capability | PackageName;

/** Declares a group of tests, as `describe` does. */
export type Suite = (name: string, tests: () => void) => void;

export interface Requirements {
  /** `describe`, or its stand-in where the needs are not met: left out, or failing where everything must run (CI=true). */
  readonly suite: Suite;
  /** Why the tests cannot run here; undefined when they can. */
  readonly missing: string | undefined;
}

/** Why the needs are not met on this machine, after installing what could be installed. */
export async function missingNeed(needs: readonly Need[]): Promise<string | undefined> {
  const packages: PackageName[] = [];
  for (const need of needs) {
    if (!isCapability(need)) {
      packages.push(need);
      continue;
    }
    const refusal = await refusalOf(need);
    if (refusal !== undefined) return `it needs ${need}: ${refusal}`;
  }
  try {
    await ensurePackages(packages);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Makes a test file's `suite` for what it needs. On Debian as root the packages are installed; elsewhere the tests are
 * left out with a note. To be awaited at the top of a test file.
 */
export async function requirements(fileUrl: string, needs: readonly Need[]): Promise<Requirements> {
  const missing = await missingNeed(needs);
  if (missing === undefined) return { suite: (name, tests) => void describe(name, tests), missing };
  const file = relative(process.cwd(), fileURLToPath(fileUrl));
  return { missing, suite: (name, tests) => leaveOut({ file, what: name, why: missing }, tests) };
}

function leaveOut(note: { file: string; what: string; why: string }, tests: () => void): void {
  noteLeftOut(note);
  if (process.env['CI'] !== 'true') {
    describe.skip(note.what, tests);
    return;
  }
  describe(note.what, () => {
    it('runs on this machine', () => {
      throw new Error(`left out, because ${note.why}`);
    });
  });
}
