import { entry } from './entry.ts';

/** What goes wrong with prehooks. */
export const prebuild = {
  PREBUILD_FAILED: entry<{ command: string; status: number; tail: readonly string[]; reason?: string }>({
    title: 'A prebuild command failed',
    // As with a failing RUN: its own status is the status of the process.
    exit: ({ status }) => (status > 0 && status < 256 ? status : 1),
    message: ({ command, status, tail, reason }) =>
      [
        `\`${command}\` ${reason === undefined ? `exited with status ${status}` : `failed: ${reason}`}.`,
        ...(tail.length > 0 ? ['last lines it printed', ...tail.map((line) => `  │ ${line}`)] : []),
      ].join('\n'),
  }),
  PREBUILD_LATE: entry<{ command: string; seconds: number; tail: readonly string[] }>({
    title: 'A prebuild command took too long',
    exit: 1,
    message: ({ command, seconds, tail }) =>
      [
        `\`${command}\` did not end within ${seconds} s and was ended.`,
        ...(tail.length > 0 ? ['last lines it printed', ...tail.map((line) => `  │ ${line}`)] : []),
      ].join('\n'),
    hint: () => 'Its timeout says how many seconds it may take.',
  }),
  PREBUILD_FOLDER_MISSING: entry<{ folder: string }>({
    title: 'The folder of a prebuild command does not exist',
    exit: 2,
    message: ({ folder }) => `There is no folder ${folder}.`,
    hint: () =>
      'Its cwd is seen from the folder of the config, or from the root of a context that comes from elsewhere.',
  }),
  PREBUILD_OUTPUT_MISSING: entry<{ command: string; patterns: readonly string[] }>({
    title: 'A prebuild command did not make its outputs',
    exit: 1,
    message: ({ command, patterns }) =>
      `\`${command}\` ended well, but nothing is named by ${patterns.map((pattern) => `"${pattern}"`).join(', ')}.`,
    hint: () => 'Outputs are seen from where the command runs.',
  }),
  PREBUILD_OUTPUT_UNUSABLE: entry<{ path: string; kind: string }>({
    title: 'An output of a prebuild command cannot be kept',
    exit: 1,
    message: ({ path, kind }) => `"${path}" is a ${kind}; files, directories and links can be kept.`,
    hint: () => 'Leave it out with a pattern that begins with "!".',
  }),
  PREBUILD_PATTERN_INVALID: entry<{ pattern: string; reason: string }>({
    title: 'A pattern of a prebuild command is not valid',
    exit: 2,
    message: ({ pattern, reason }) => `The pattern "${pattern}" cannot be used: ${reason}.`,
    hint: () => 'Patterns are written as in .dockerignore, and stay inside the folder of the config or the context.',
  }),
  PREBUILD_STORE_INSIDE: entry<{ folder: string; store: string }>({
    title: 'The store lies in the folder that a prebuild command would see',
    exit: 2,
    message: ({ folder, store }) =>
      `A command inside an image sees a copy of ${folder} that costs nothing, which cannot be had while ${store} lies in it.`,
    hint: () => 'Set STRAKE_HOME to a folder elsewhere.',
  }),
};
