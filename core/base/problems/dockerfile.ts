import { entry } from './entry.ts';

/** What can be wrong with a Dockerfile or an ignore file: as text, or when it is planned. */
export const dockerfile = {
  DOCKERFILE_EMPTY: entry<{ name: string }>({
    title: 'The Dockerfile is empty',
    exit: 2,
    message: ({ name }) => `${name} holds no instruction.`,
    hint: () => 'The smallest Dockerfile is one line: FROM scratch.',
  }),
  TARGET_UNKNOWN: entry<{ target: string; known: readonly string[]; nearest?: string }>({
    title: 'There is no such target stage',
    exit: 2,
    message: ({ target }) => `No stage is called "${target}".`,
    hint: ({ known, nearest }) =>
      nearest
        ? `Did you mean "${nearest}"?`
        : known.length > 0
          ? `The stages are: ${known.join(', ')}.`
          : 'No stage of this Dockerfile has a name.',
  }),
  NOT_YET_SUPPORTED: entry<{ what: string; hint?: string }>({
    title: 'This part of the Dockerfile language is not carried out yet',
    exit: 2,
    message: ({ what }) => `${what} is understood but not carried out yet.`,
    hint: ({ hint }) => hint,
  }),
};
