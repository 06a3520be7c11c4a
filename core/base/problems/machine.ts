import { entry } from './entry.ts';

/** What this machine does not allow or lacks. */
export const machine = {
  RUN_NOT_POSSIBLE: entry<{ isolation: string; reasons: readonly string[] }>({
    title: 'RUN is not possible here',
    exit: 1,
    message: ({ isolation, reasons }) => [`The isolation "${isolation}" cannot run commands.`, ...reasons].join('\n  '),
    hint: () => '`strake doctor` tells what each isolation would need. Builds without RUN work as they are.',
  }),
};
