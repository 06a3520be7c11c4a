import { entry } from './entry.ts';

/** What this machine does not allow or lacks. */
export const machine = {
  ISOLATION_NONE: entry<{ reasons: readonly string[] }>({
    title: 'No isolation works here',
    exit: 1,
    message: ({ reasons }) => ['Steps cannot be carried out on this machine.', ...reasons].join('\n  '),
    hint: () => '`strake doctor` tells what each isolation would need.',
  }),
  ISOLATION_UNKNOWN: entry<{ name: string; known: readonly string[]; nearest?: string }>({
    title: 'There is no such isolation',
    exit: 2,
    message: ({ name }) => `"${name}" is no isolation.`,
    hint: ({ known, nearest }) => (nearest ? `Did you mean "${nearest}"?` : `There are: ${known.join(', ')}.`),
  }),
  ISOLATION_UNAVAILABLE: entry<{ name: string; findings: readonly string[]; enable: readonly string[] }>({
    title: 'The isolation asked for does not work here',
    exit: 1,
    message: ({ name, findings }) => [`"${name}" is not available.`, ...findings].join('\n  '),
    hint: ({ enable }) => (enable.length > 0 ? enable.join('\n') : undefined),
  }),
  RUN_NOT_POSSIBLE: entry<{ isolation: string; reasons: readonly string[] }>({
    title: 'RUN is not possible here',
    exit: 1,
    message: ({ isolation, reasons }) => [`The isolation "${isolation}" cannot run commands.`, ...reasons].join('\n  '),
    hint: () => '`strake doctor` tells what each isolation would need. Builds without RUN work as they are.',
  }),
  SYSTEM_CALLS_UNAVAILABLE: entry<{ reason: string }>({
    title: 'The kernel cannot be asked for what Node has no function for',
    exit: 1,
    message: ({ reason }) => `System calls cannot be made: ${reason}.`,
    hint: () => 'The package koffi brings them for Linux on x64 and arm64; reinstall strake with its dependencies.',
  }),
};
