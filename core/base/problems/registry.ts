import { entry } from './entry.ts';

/** What registries refuse, and what is wrong with what they send. */
export const registry = {
  DIGEST_MISMATCH: entry<{ what: string; expected: string; actual: string }>({
    title: 'Bytes do not have the digest they should have',
    exit: 1,
    message: ({ what, expected, actual }) => `${what} should be ${expected} but is ${actual}.`,
    hint: () => 'The bytes were changed on the way or where they are stored. Nothing of them was used.',
  }),
};
