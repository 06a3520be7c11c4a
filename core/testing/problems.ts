import { defineProblems } from '../base/errors.ts';
import { entry } from '../base/problems/entry.ts';

/** What the kit itself refuses: mistakes of a test, not of what is tested. */
export const problem = defineProblems('testing', {
  NO_NETWORK: entry<{ url?: string }>({
    title: 'A test reaches for the network',
    exit: 1,
    message: ({ url }) => (url === undefined ? 'This world has no network.' : `${url} is not on this machine.`),
    hint: () => "If the test means it: fakeWorld({ network: 'loopback' }), or a client of its own.",
  }),
  IMAGE_MISSING: entry<{ name: string }>({
    title: 'A registry has no such image',
    exit: 1,
    message: ({ name }) => `The fake registry has no ${name}.`,
  }),
  TREE_INVALID: entry<{ path: string; reason: string }>({
    title: 'A tree has a path that is none',
    exit: 2,
    message: ({ path, reason }) => `"${path}": ${reason}.`,
    hint: () => "Paths begin with a slash: { '/Dockerfile': 'FROM scratch\\n' }.",
  }),
});
