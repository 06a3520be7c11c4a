import { entry } from './entry.ts';

/** What goes wrong while steps are carried out. */
export const running = {
  RUN_EXITED: entry<{ script: string; status: number; tail: readonly string[]; log?: string }>({
    title: 'A RUN command failed',
    // A failing RUN's own status is the status of the process.
    exit: ({ status }) => (status > 0 && status < 256 ? status : 1),
    message: ({ script, status, tail }) =>
      [
        `\`${script}\` exited with status ${status}.`,
        ...(tail.length > 0 ? ['last lines it printed', ...tail.map((line) => `  │ ${line}`)] : []),
      ].join('\n'),
    hint: ({ log }) => (log ? `Its whole output is in ${log}` : undefined),
  }),
  COPY_SOURCE_MISSING: entry<{ source: string; where: string; ignoredBy?: string; nearest?: string }>({
    title: 'A file to copy does not exist',
    exit: 1,
    message: ({ source, where, ignoredBy }) =>
      ignoredBy ? `"${source}" is excluded from ${where} by ${ignoredBy}.` : `There is no "${source}" in ${where}.`,
    hint: ({ nearest, ignoredBy }) =>
      ignoredBy
        ? `Add a line !pattern to ${ignoredBy} to bring it back.`
        : nearest
          ? `Did you mean "${nearest}"?`
          : undefined,
  }),
  LAYER_LOST: entry<{ digest: string }>({
    title: 'A layer cannot be had any more',
    exit: 1,
    message: ({ digest }) => `The blob ${digest} is not in the store and no registry is known to have it.`,
    hint: () => 'Build again with --no-cache.',
  }),
  OUTPUT_UNKNOWN: entry<{ type: string; known: readonly string[]; nearest?: string }>({
    title: 'There is no such output',
    exit: 2,
    message: ({ type }) => `Nothing in this build writes outputs of type "${type}".`,
    hint: ({ known, nearest }) => (nearest ? `Did you mean "${nearest}"?` : `It writes: ${known.join(', ')}.`),
  }),
  IMAGE_NOT_FOUND: entry<{ text: string; sources: readonly string[] }>({
    title: 'A base image was not found',
    exit: 1,
    message: ({ text, sources }) => `None of ${sources.join(', ')} has "${text}".`,
  }),
  INTERNAL: entry<{ reason: string }>({
    title: 'strake made a mistake',
    exit: 70,
    message: ({ reason }) => reason,
    hint: () => 'This is our bug. Please report it with the text above.',
  }),
};
