/** What a run of all tests comes to. */
import type { LeftOut } from '../test/support/left-out.ts';

/** The part of vitest's JSON report that counts. */
export interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

export interface Summary {
  readonly passed: number;
  readonly failed: number;
  /** To be printed, the counts last and alone on their line. */
  readonly lines: readonly string[];
}

export interface SummaryInput {
  /** Undefined when vitest died before it wrote one. */
  readonly report: Report | undefined;
  readonly notes: readonly LeftOut[];
  /** How vitest itself ended. */
  readonly status: number;
  /** Everything must run: what is left out has failed. */
  readonly strict: boolean;
}

/** Counts the tests and says what was left out and why. */
export function summarize({ report, notes, status, strict }: SummaryInput): Summary {
  const files = report?.testResults ?? [];
  const tests = files.flatMap((file) => file.assertionResults);
  const passed = tests.filter((test) => test.status === 'passed').length;
  const skipped = tests.filter((test) => test.status !== 'passed' && test.status !== 'failed');
  // A file that could not even be loaded has no tests, but has failed.
  const broken = files.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const counted =
    tests.filter((test) => test.status === 'failed').length + broken.length + (strict ? skipped.length : 0);
  // Errors outside of any test end vitest with a status and nothing else.
  const died = counted === 0 && (status !== 0 || report === undefined);
  const failed = died ? 1 : counted;
  const lines = [
    ...broken.map((file) => `could not be loaded: ${file.name}`),
    ...(died ? [`vitest ended with status ${status}${report === undefined ? ' and no report' : ''}`] : []),
    ...groups(notes),
    ...(skipped.length === 0
      ? []
      : [`${skipped.length} tests were not run${strict ? ', which is a failure here (CI=true)' : ''}:`]),
    ...skipped.map((test) => `  ${test.fullName.trim()}`),
    `${passed} passed, ${failed} failed`,
  ];
  return { passed, failed, lines };
}

function groups(notes: readonly LeftOut[]): string[] {
  const byReason = Map.groupBy(notes, (note) => note.why);
  return [...byReason].flatMap(([why, left]) => [
    `left out, because ${why}:`,
    ...left.map((note) => `  ${note.what} (${note.file})`),
  ]);
}
