import { readFileSync } from 'node:fs';
import { hookTable, type HookName } from '../core/index.ts';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

/** Where the types of subjects are. */
const files = [
  'core/contract/hooks.ts',
  'core/contract/model.ts',
  'core/contract/job.ts',
  'core/dockerfile/syntax.ts',
  'core/base/source-text.ts',
] as const;

interface Declaration {
  readonly file: string;
  readonly text: string;
}

/** `docs/hooks.md`, from `hookTable` and the types that plugins see. */
export function hooksPage(): string {
  const names = Object.keys(hookTable) as HookName[];
  return [
    '# Hooks',
    '',
    'Made from [core/contract/hooks.ts](../core/contract/hooks.ts) and the types it names by `npm run docs`.',
    '',
    'A plugin taps hooks in `apply(hooks)`, which is called once, before anything happens; [a page of its',
    'own](first-plugin.md) goes from nothing to a published plugin. Hooks are those of',
    '[tapable](https://github.com/webpack/tapable), of two shapes:',
    '',
    '- a **moment** calls its taps one after another; what they return is not looked at;',
    '- a **rewrite** hands its subject from tap to tap: each gives back what the next one gets, changed or not. One that',
    '  gives back nothing is refused, with plugin and place.',
    '',
    'Taps may be synchronous (`tap`) or asynchronous (`tapPromise`). They are called in the order of the plugins: `enforce:',
    "'pre'`, those that say nothing, `enforce: 'post'`; among these as the config lists them, the plugins of what a config",
    'extends before its own; and `before` and `after` name plugins that one has to stand before or after. A tap that throws',
    'ends the build, with the plugin, the hook and the place where it was tapped; one that is still going when the build is',
    'stopped is named.',
    '',
    'The second argument of every tap says where in the build it is called:',
    '',
    ...block('HookScope'),
    '| hook | shape | subject | scope | when |',
    '| --- | --- | --- | --- | --- |',
    ...names.map((name) => {
      const { shape, scope, about } = hookTable[name];
      return `| [\`${name}\`](#${name.toLowerCase()}) | ${shape} | \`${subjectOf(name)}\` | ${scope.join(', ') || '—'} | ${about} |`;
    }),
    '',
    ...names.flatMap((name) => [
      `## ${name}`,
      '',
      `A ${hookTable[name].shape}: ${hookTable[name].about}.`,
      '',
      ...block(subjectOf(name)),
    ]),
  ].join('\n');
}

/** As `BuilderHooks` has it. */
function subjectOf(hook: HookName): string {
  const found = new RegExp(`readonly ${hook}: (?:Moment|Rewrite)<(\\w+)>;`).exec(read('core/contract/hooks.ts'));
  if (!found) throw new Error(`BuilderHooks does not say what ${hook} is about`);
  return found[1]!;
}

/** The declaration with its comments, and where it is. */
function block(type: string): string[] {
  const { file, text } = declarationOf(type);
  return ['```ts', text, '```', '', `[${file}](../${file})`, ''];
}

function declarationOf(type: string): Declaration {
  for (const file of files) {
    const found = new RegExp(
      `^(?:/\\*\\*(?:(?!\\*/)[\\s\\S])*\\*/\\n)?export (?:interface ${type} [\\s\\S]*?\\n\\}|type ${type} =[\\s\\S]*?;)$`,
      'm',
    ).exec(read(file));
    if (found) return { file, text: found[0] };
  }
  throw new Error(`${type} is declared in none of ${files.join(', ')}`);
}
