import { entry } from './entry.ts';

/** What can be wrong with build.config.ts, presets and plugins. */
export const config = {
  CONFIG_INVALID: entry<{ file: string; issues: readonly { path: string; text: string }[] }>({
    title: 'The config has mistakes',
    exit: 2,
    message: ({ file, issues }) =>
      [
        `${file}: ${issues.length} ${issues.length === 1 ? 'thing' : 'things'} to fix`,
        ...issues.map((issue) => `  ${issue.path}   ${issue.text}`),
      ].join('\n'),
  }),
  PLUGIN_FAILED: entry<{ plugin: string; hook: string; reason: string; place?: string }>({
    title: 'A plugin failed',
    exit: 1,
    message: ({ plugin, hook, reason }) => `The plugin "${plugin}" failed in ${hook}: ${reason}`,
    hint: ({ place }) => (place ? `It was registered at ${place}.` : undefined),
  }),
};
