import { basename, resolve } from 'node:path';
import {
  isRemote,
  problem,
  settleContext,
  settleRequests,
  type Env,
  type ImageRequest,
  type OutputSetting,
  type RequestFlags,
  type Source,
  type World,
} from '../core/index.ts';
import type { Invocation } from './command.ts';
import { contextSettings } from './context-settings.ts';
import { prebuildSettings } from './prebuild-settings.ts';
import { usageProblem } from './usage.ts';
import type { Session } from './session.ts';

/** What is to be built: images of the config, or one context given by hand. */
export interface Asked {
  /** With the images they stand on before them. */
  readonly requests: readonly ImageRequest[];
  /** Those that were asked for. */
  readonly names: readonly string[];
}

/** `.`, `-`, a URL, anything with a slash, or called like a tar, is a context; other words name images. */
export const isContext = (word: string): boolean =>
  ['.', '..'].includes(bare(word)) || word.includes('/') || isRemote(word) || tarName.test(bare(word));

/** Without the part of it that is to be built. */
const bare = (word: string): string => word.replace(/#:.*$/s, '');

const tarName = /\.(?:tar|tgz|t[bxz]z2?|tzst|tar\.\w+)$/i;

export function askedRequests(invocation: Invocation, { config, place, world }: Session): Asked {
  const { words } = invocation;
  if (words.includes(''))
    throw usageProblem(invocation, 'A word is empty, as from a variable that is not set; . is the current directory.');
  const contexts = words.filter(isContext);
  if (contexts.length > 0) {
    if (words.length > 1)
      throw usageProblem(invocation, 'A context stands alone: neither a second one nor images go with it.');
    const context = contexts[0]!;
    if (context === '-' && invocation.text('file') === '-')
      throw usageProblem(invocation, 'Standard input can be the context or the Dockerfile, not both.');
    const name = [...invocation.list('tag'), ...invocation.list('destination')][0] ?? nameFor(context, world.cwd);
    const flags = requestFlags(invocation, world, [flag('the command line', { context })]);
    return { requests: settleContext(config, name, place, flags), names: [name] };
  }
  const names = words.length > 0 ? [...new Set(words)] : config.images;
  if (names.length === 0) {
    const reason =
      config.file === undefined ? 'There is no build.config.ts here or above.' : `${config.file} has no images.`;
    throw problem('USAGE', { reason, usage: `To build a folder, name it: strake ${invocation.command.name} .` });
  }
  for (const single of ['tag', 'destination', 'target', 'file']) {
    if (names.length > 1 && invocation.list(single).length > 0)
      throw usageProblem(
        invocation,
        `--${single} is for one image, but ${names.length} are built: ${names.join(', ')}.`,
      );
  }
  return { requests: settleRequests(config, names, place, requestFlags(invocation, world)), names };
}

/** What an image of a context is called when nobody names it: the folder's name, as an image name may be. */
function nameFor(context: string, cwd: string): string {
  const isLocal = !isRemote(context) && !context.startsWith('github.com/');
  const last = isLocal
    ? basename(resolve(cwd, bare(context).replace(/^(?:dir|file):\/\//i, '')))
    : basename(context.replace(/[#?].*$/, ''));
  const name = last
    .toLowerCase()
    .replace(/\.(?:git|tar|tgz|t[xbz]z2?|tzst|tar\.\w+)$/, '')
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .replace(/([._-])[._-]+/g, '$1');
  return name === '' ? 'image' : name;
}

const flag = (layer: string, values: Readonly<Record<string, unknown>>): Source => ({ layer, section: '', values });

function requestFlags(invocation: Invocation, world: World, first: readonly Source[] = []): RequestFlags {
  const { list, text, on } = invocation;
  const { env } = world;
  const prehooks = prebuildSettings(invocation, world);
  const when = (name: string, value: unknown, values: Readonly<Record<string, unknown>>): readonly Source[] =>
    value === undefined || value === false || (Array.isArray(value) && value.length === 0)
      ? []
      : [flag(`--${name}`, values)];
  const platforms = list('platform').flatMap((names) => names.split(','));
  const filter = list('no-cache-filter').flatMap((names) => names.split(','));
  const args = list('build-arg');
  const sources = contextSettings(invocation, pairsOf(invocation, 'build-context'));
  return {
    all: [
      ...when('platform', platforms, { platforms }),
      ...when('build-arg', args, { args: argValues(invocation, env) }),
      ...when('no-cache-filter', filter, { noCache: filter }),
      ...when('no-cache', on('no-cache'), { noCache: true }),
    ],
    asked: [
      ...first,
      ...when('file', text('file'), { dockerfile: text('file') }),
      ...when('target', text('target'), { target: text('target') }),
      ...when('label', list('label'), { labels: pairsOf(invocation, 'label') }),
      ...when('annotation', list('annotation'), { annotations: pairsOf(invocation, 'annotation') }),
      ...when('context-sub-path', text('context-sub-path'), { contextSubPath: text('context-sub-path') }),
      ...when('git', list('git'), { git: sources.main.git }),
      ...when('http', list('http'), { http: sources.main.http }),
      ...when('build-context', list('build-context'), { contexts: sources.named }),
      ...when('prebuild', prehooks, {
        prebuild: (inherited: readonly unknown[]) => [...inherited, ...prehooks],
      }),
      ...when('tag', list('tag'), { tags: list('tag') }),
      ...when('output', list('output'), { outputs: list('output') }),
      ...when('push', on('push'), { push: true }),
      ...destinations(list('destination'), list('tag'), on('push')),
    ],
  };
}

/** `-d` names the image and pushes it there; with `--push` every name is pushed. */
function destinations(names: readonly string[], tags: readonly string[], push: boolean): readonly Source[] {
  if (names.length === 0) return [];
  const output: OutputSetting = { type: 'registry', name: names };
  return [
    flag('--destination', {
      tags: (inherited: readonly string[]) => [...new Set([...(tags.length > 0 ? inherited : []), ...names])],
      ...(!push && { outputs: (inherited: readonly unknown[]) => [...inherited, output] }),
    }),
  ];
}

/** `NAME=value`; a lone `NAME` takes the value of the environment, and nothing where that has none. */
function argValues(invocation: Invocation, env: Env): Readonly<Record<string, string>> {
  return Object.fromEntries(
    invocation.list('build-arg').flatMap((arg): [string, string][] => {
      const cut = arg.indexOf('=');
      if (cut === 0) throw usageProblem(invocation, `--build-arg is "${arg}"; it must be NAME=VALUE, or NAME.`);
      if (cut !== -1) return [[arg.slice(0, cut), arg.slice(cut + 1)]];
      const value = env[arg];
      return value === undefined ? [] : [[arg, value]];
    }),
  );
}

function pairsOf(invocation: Invocation, name: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    invocation.list(name).map((pair) => {
      const cut = pair.indexOf('=');
      const isPlace = name === 'build-context';
      if (cut <= 0 || (isPlace && cut === pair.length - 1))
        throw usageProblem(invocation, `--${name} is "${pair}"; it must be NAME=${isPlace ? 'PLACE' : 'VALUE'}.`);
      return [pair.slice(0, cut), pair.slice(cut + 1)];
    }),
  );
}
