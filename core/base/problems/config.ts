import { entry } from './entry.ts';

export interface ConfigIssue {
  /** `images.api.platforms` */
  readonly path: string;
  /** A sentence that follows the path: `is not a setting.` */
  readonly text: string;
  /** The layer it stands in, where that is not the config file itself: `preset acme`. */
  readonly origin?: string;
}

const issueLines = (issues: readonly ConfigIssue[]): string[] => {
  const width = Math.max(...issues.map((issue) => issue.path.length));
  return issues.map(
    ({ path, text, origin }) => `  ${path.padEnd(width)}   ${text}${origin === undefined ? '' : ` (${origin})`}`,
  );
};

const seeAlso = {
  types: 'The types know it: run `tsc --noEmit` over the plugin.',
  hooks: '`strake plugins --hooks` lists the hooks there are.',
};

/** What can be wrong with build.config.ts, presets and plugins. */
export const config = {
  CONFIG_INVALID: entry<{ file: string; issues: readonly ConfigIssue[] }>({
    title: 'The config has mistakes',
    exit: 2,
    message: ({ file, issues }) =>
      [`${file}: ${issues.length} ${issues.length === 1 ? 'thing' : 'things'} to fix`, ...issueLines(issues)].join(
        '\n',
      ),
  }),
  OPTIONS_INVALID: entry<{ owner: string; issues: readonly ConfigIssue[] }>({
    title: 'The options of a plugin or preset have mistakes',
    exit: 2,
    message: ({ owner, issues }) =>
      [`${owner}: ${issues.length} ${issues.length === 1 ? 'thing' : 'things'} to fix`, ...issueLines(issues)].join(
        '\n',
      ),
  }),
  CONFIG_NOT_FOUND: entry<{ path: string; nearest?: string }>({
    title: 'There is no such config',
    exit: 2,
    message: ({ path }) => `No file at ${path}.`,
    hint: ({ nearest }) => (nearest ? `Did you mean ${nearest}?` : undefined),
  }),
  CONFIG_NOT_LOADED: entry<{ file: string; reason: string; place?: string }>({
    title: 'The config cannot be loaded',
    exit: 2,
    message: ({ file, reason, place }) => `${file} failed while it was loaded${place ? ` at ${place}` : ''}: ${reason}`,
    hint: ({ reason }) =>
      /NODE_MODULES_TYPE_STRIPPING/.test(reason)
        ? 'Packages below node_modules must be published as JavaScript.'
        : /UNSUPPORTED_TYPESCRIPT_SYNTAX|is not supported in strip-only mode/.test(reason)
          ? 'Node runs TypeScript by dropping types: enums, namespaces and parameter properties do not work.'
          : 'To build without it, give --no-config.',
  }),
  CONFIG_OF_OTHER_TOOL: entry<{ file: string; sign: string }>({
    title: 'This config belongs to another tool',
    exit: 2,
    message: ({ file, sign }) => `${file} ${sign}: it looks like the config of a library bundler.`,
    hint: () => 'Put the config of strake into another file and name it with --config.',
  }),
  IMAGE_UNKNOWN: entry<{ image: string; known: readonly string[]; nearest?: string; file?: string }>({
    title: 'There is no such image in the config',
    exit: 2,
    message: ({ image, file }) =>
      file === undefined ? `There is no config, so there is no image "${image}".` : `${file} has no image "${image}".`,
    hint: ({ image, known, nearest, file }) => {
      if (/dockerfile/i.test(image)) return `To build a folder with this Dockerfile: strake build . -f ${image}`;
      if (file === undefined) return `To build a folder, write it as a path: strake build ./${image}`;
      if (nearest) return `Did you mean "${nearest}"?`;
      return known.length > 0 ? `It has: ${known.join(', ')}.` : 'It has no images at all.';
    },
  }),
  SETTING_UNKNOWN: entry<{ path: string; word: string; known: readonly string[]; nearest?: string }>({
    title: 'There is no such setting',
    exit: 2,
    message: ({ path, word }) => (word === '' ? `${path} says only where to look.` : `${path}: there is no "${word}".`),
    hint: ({ known, nearest }) =>
      nearest ? `Did you mean "${nearest}"?` : known.length > 0 ? `There are: ${known.join(', ')}.` : undefined,
  }),
  PUSH_WITHOUT_NAME: entry<{ image: string }>({
    title: 'An image to push has no name',
    exit: 2,
    message: ({ image }) => `"${image}" is to be pushed, but nothing says where.`,
    hint: () =>
      'Give it a name that begins with the registry: -t registry.example/team/app:1, or `tags` in the config.',
  }),
  IMAGES_IN_CIRCLE: entry<{ chain: readonly string[] }>({
    title: 'Images need one another in a circle',
    exit: 2,
    message: ({ chain }) => `${chain.join(' needs ')}.`,
    hint: () => 'One of the `contexts` with image(…) has to go.',
  }),
  PLUGIN_FAILED: entry<{ plugin: string; hook: string; reason: string; place?: string }>({
    title: 'A plugin failed',
    exit: 1,
    message: ({ plugin, hook, reason }) => `The plugin "${plugin}" failed in ${hook}: ${reason}`,
    hint: ({ place }) => (place ? `It was registered at ${place}.` : undefined),
  }),
  PLUGIN_GAVE_NOTHING: entry<{ plugin: string; hook: string; place?: string }>({
    title: 'A plugin gave nothing back',
    exit: 1,
    message: ({ plugin, hook }) =>
      `The plugin "${plugin}" returned nothing from ${hook}. This hook is a rewrite: a tap returns what it was given, changed or not.`,
    hint: ({ place }) => (place ? `It was registered at ${place}.` : undefined),
  }),
  PLUGIN_HANGS: entry<{ plugin: string; hook: string; seconds: number; place?: string }>({
    title: 'A plugin never came back',
    exit: 1,
    message: ({ plugin, hook, seconds }) =>
      `The plugin "${plugin}" has not settled its promise in ${hook} for ${seconds} s.`,
    hint: ({ place }) => (place ? `It was registered at ${place}.` : undefined),
  }),
  PLUGIN_TWICE: entry<{ plugin: string }>({
    title: 'Two plugins have the same name',
    exit: 2,
    message: ({ plugin }) => `Two plugins are called "${plugin}".`,
    hint: () => 'Remove one of them, or give one another name.',
  }),
  PLUGINS_IN_CIRCLE: entry<{ chain: readonly string[] }>({
    title: 'Plugins want to stand before one another',
    exit: 2,
    message: ({ chain }) => `${chain.join(' has to stand after ')}.`,
    hint: () => 'One of their `before` or `after` has to go.',
  }),
  PLUGIN_CONTRACT: entry<{ plugin: string; plugins: string; ours: string; ourCopy: string; theirCopy?: string }>({
    title: 'A plugin was made for another strake',
    exit: 2,
    message: ({ plugin, plugins, ours, ourCopy, theirCopy }) =>
      [
        `The plugin "${plugin}" was made for version ${plugins} of the plugin contract; this strake has version ${ours}.`,
        `  the plugin's copy of strake   ${theirCopy ?? 'does not say where it is'}`,
        `  the copy that is running      ${ourCopy}`,
      ].join('\n'),
    hint: ({ plugins, ours }) =>
      Number(plugins) > Number(ours) ? 'Upgrade strake.' : 'Upgrade the plugin, or the copy of strake it brings along.',
  }),
  PLUGIN_INVALID: entry<{ plugin: string; reason: string; see?: 'types' | 'hooks' }>({
    title: 'A plugin is not made as plugins are',
    exit: 2,
    message: ({ plugin, reason }) => `The plugin "${plugin}" ${reason}.`,
    hint: ({ see }) => see && seeAlso[see],
  }),
  PLUGIN_TAPS_LATE: entry<{ hook: string; tap: string; place?: string }>({
    title: 'A plugin taps a hook too late',
    exit: 1,
    message: ({ hook, tap }) => `"${tap}" taps ${hook} after the plugins were installed.`,
    hint: ({ place }) => `Tap in the plugin's apply(hooks), before it returns${place ? `. It was at ${place}` : ''}.`,
  }),
};
