/** Notes of tests that were left out: written by test files, read by the test command for its summary. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface LeftOut {
  readonly file: string;
  readonly what: string;
  readonly why: string;
}

/** The variable that names the directory of one run of all tests: notes, and what its tests share. */
export const runVariable = 'STRAKE_TEST_RUN';

const notesName = 'left-out.jsonl';

/** Says that something is left out, on the terminal and in the notes of the run. */
export function noteLeftOut(note: LeftOut): void {
  console.log(`left out: ${note.what}, because ${note.why}`);
  const directory = process.env[runVariable];
  if (directory !== undefined) appendFileSync(join(directory, notesName), `${JSON.stringify(note)}\n`);
}

/** All notes of a run. */
export function readNotes(directory: string): LeftOut[] {
  const file = join(directory, notesName);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LeftOut);
}
