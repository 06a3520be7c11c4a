/** Notes of tests that were left out: written by test files, read by the test command for its summary. */
import { appendFileSync, readFileSync } from 'node:fs';

export interface LeftOut {
  readonly file: string;
  readonly what: string;
  readonly why: string;
}

/** The variable that names the file of notes. */
export const notesVariable = 'STRAKE_TEST_NOTES';

/** Says that something is left out, on the terminal and in the file of notes. */
export function noteLeftOut(note: LeftOut): void {
  console.log(`left out: ${note.what}, because ${note.why}`);
  const file = process.env[notesVariable];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(note)}\n`);
}

/** All notes written so far. */
export function readNotes(file: string): LeftOut[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LeftOut);
}
