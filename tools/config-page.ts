import { imageKeys, settingsKeys, variables } from '../core/index.ts';

/** `docs/config.md`, from the schema. */
export const configPage = (): string =>
  [
    '# The config',
    '',
    'Made from [core/config/schema.ts](../core/config/schema.ts) by `npm run docs`.',
    '',
    '`build.config.ts` (or `.mts`, `.js`, `.mjs`) is found in the current directory or above it, up to the root of the',
    'repository; `--config` names another, `--no-config` uses none. Its default export is `defineConfig({ … })`, or',
    '`defineConfig(({ env, git, command }) => ({ … }))`. Relative paths are seen from its folder.',
    '',
    '`env` is the environment, `command` what was typed (`build`, `plan`, …), `git` what the repository says: `commit`,',
    '`shortCommit`, `branch`, `tag`, `dirty`, `commitTime` (seconds since 1970), each `undefined` where it says nothing.',
    '',
    '| key | |',
    '| --- | --- |',
    '| `extends` | presets, as imported objects; a later one wins over an earlier one |',
    '| `plugins` | merged by name, the nearer layer wins; falsy ones are left out, lists in lists flattened |',
    '| `settings` | how builds are carried out |',
    '| `defaults` | for every image |',
    '| `images` | by name |',
    '',
    'From far to near: built-in defaults, presets depth first, `defaults`, `images.<name>`, environment, flags. A layer says',
    'more than all it extends: its `defaults` win over the `images` of its presets. `undefined` keeps what was inherited,',
    '`null` drops it. `strake config --why images.api.platforms` tells who set a value, `--why images.api` and',
    '`--why settings` who set anything.',
    '',
    '## images.<name>, defaults',
    '',
    ...table(imageKeys),
    'An output is text as `--output` takes it, or an object: `type` (`registry`, `oci`, `docker`, `local`), `dest`, `tar:',
    'false` for a folder in place of a tar, `name` (names it gets there in place of `tags`), `compression`,',
    '`compressionLevel`, `forceCompression`, `rewriteTimestamp`, and in `options` what else an output understands.',
    '',
    '`args` of `defaults` may be for some images alone; of `args` that an image says itself, and no ARG declares, strake',
    'warns.',
    '',
    '## settings',
    '',
    ...table(settingsKeys),
    '## Environment',
    '',
    '| variable | |',
    '| --- | --- |',
    ...variables.map(({ name, about }) => `| \`${name}\` | ${about} |`),
    '| `STRAKE_CONFIG` | as `--config` |',
    '| `STRAKE_HOME` | the folder of the store; absent: `strake` in the user’s cache folder |',
    '| `STRAKE_PROGRESS` | as `--progress` |',
    '| `NO_COLOR`, `FORCE_COLOR` | no colours, colours also where nobody watches |',
    '',
  ].join('\n');

const rules = {
  replace: 'the nearer value',
  list: 'the nearer list, or a function of the inherited one',
  'by-key': 'key by key',
  'by-field': 'key by key, field by field',
} as const;

const table = (
  keys: Readonly<Record<string, { readonly merge: keyof typeof rules; readonly about: string }>>,
): string[] => [
  '| key | what | layers |',
  '| --- | --- | --- |',
  ...Object.entries(keys).map(([name, { about, merge }]) => `| \`${name}\` | ${about} | ${rules[merge]} |`),
  '',
];
