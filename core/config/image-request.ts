import { isAbsolute, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BuildError } from '../base/errors.ts';
import type { ConfigIssue } from '../base/problems/config.ts';
import type { ImageRequest, OutputSpec } from '../contract/model.ts';
import type { Pairs, Platform } from '../oci/image.ts';
import { parsePlatform } from '../oci/platform.ts';
import { parseReference } from '../oci/reference.ts';
import { optionPairs } from './context-options.ts';
import { isRemote, located, namedContext, withSubPath, type Placing } from './context-place.ts';
import type { OutputSetting, SettledImage } from './define.ts';
import type { Merged } from './merge.ts';
import { outputSpec, parseOutput } from './output-spec.ts';
import { toPrehook } from './to-prehook.ts';

export interface RequestPlace {
  /** Where the user stands: paths of flags are seen from here, and so are those of a request. */
  readonly cwd: string;
  /** The folder of the config: paths in it and in its presets are seen from there. */
  readonly dir: string;
  /** For platforms that are given in part: `linux`, `arm64`. */
  readonly host: Platform;
}

type Settled = Merged<SettledImage>;

/** Settled values → what the engine is asked to build. What cannot be understood goes to `issues`. */
export function imageRequest(name: string, merged: Settled, place: RequestPlace, issues: ConfigIssue[]): ImageRequest {
  const at = located(merged.get('context') ?? place.dir, placing('context', merged, place), place.cwd);
  const { location: context, subdirectory } = withSubPath(at, merged.get('contextSubPath'));
  const options = contextOptions(merged, place);
  const dockerfile = merged.get('dockerfile');
  const tags = merged.get('tags') ?? [];
  readList('tags', tags, parseReference, merged, issues);
  return {
    name,
    context,
    ...text('contextSubdirectory', subdirectory),
    ...(options.length > 0 && { contextOptions: options }),
    ...(dockerfile !== undefined && { dockerfile: dockerfilePath(dockerfile, context, merged, place) }),
    ...text('dockerfileText', merged.get('dockerfileText')),
    ...text('target', merged.get('target')),
    platforms: readList(
      'platforms',
      merged.get('platforms') ?? [],
      (it) => parsePlatform(it, place.host),
      merged,
      issues,
    ),
    args: [...(merged.get('args') ?? [])],
    ...sharedArgs(merged),
    labels: [...(merged.get('labels') ?? [])],
    annotations: [...(merged.get('annotations') ?? [])],
    tags,
    outputs: outputs(merged, place, issues),
    contexts: [...(merged.get('contexts') ?? [])].map(([key, it]) =>
      namedContext(key, it, placing(`contexts.${key}`, merged, place), place.cwd),
    ),
    prebuild: (merged.get('prebuild') ?? []).map((hook) => toPrehook(hook, isRemote(context) ? undefined : place.dir)),
    noCache: merged.get('noCache') ?? false,
  };
}

/** Reads a list item by item; a problem with one becomes an issue with its place. */
function readList<T, R>(
  key: keyof SettledImage,
  items: readonly T[],
  parse: (item: T) => R,
  merged: Settled,
  issues: ConfigIssue[],
): R[] {
  return items.flatMap((item, at) => {
    try {
      return [parse(item)];
    } catch (error) {
      const trace = merged.traces.get(key)?.at(-1);
      // A flag stands alone: its own problem says all.
      if (!BuildError.is(error) || trace === undefined || trace.path === '') throw error;
      issues.push({ path: `${trace.path}[${at}]`, text: error.message, origin: trace.layer });
      return [];
    }
  });
}

const text = <K extends string>(key: K, value: string | undefined): { [P in K]?: string } =>
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: string };

function placing(key: string, merged: Settled, { cwd, dir }: RequestPlace): Placing {
  const flag = merged.traces.get(key)?.at(-1)?.path === '';
  return (path) => {
    const full = isAbsolute(path) ? path : resolve(flag ? cwd : dir, path);
    const fromHere = relative(cwd, full);
    return fromHere === '' ? '.' : fromHere.startsWith('../../') ? full : fromHere;
  };
}

/** Args that `defaults` say, and nobody nearer. */
function sharedArgs(merged: Settled): { readonly sharedArgs?: readonly string[] } {
  const names = [...(merged.get('args') ?? new Map<string, string>()).keys()];
  const shared = names.filter((name) => merged.traces.get(`args.${name}`)?.at(-1)?.path.startsWith('defaults.'));
  return shared.length > 0 ? { sharedArgs: shared } : {};
}

const contextOptions = (merged: Settled, place: RequestPlace): Pairs =>
  (['git', 'http'] as const).flatMap((group) =>
    optionPairs(group, merged.get(group) ?? [], (name) => placing(`${group}.${name}`, merged, place)),
  );

function dockerfilePath(path: string | URL, context: string, merged: Settled, place: RequestPlace): string {
  if (path instanceof URL) return fileURLToPath(path);
  return path === '-' || isRemote(context) ? path : placing('dockerfile', merged, place)(path);
}

function outputs(merged: Settled, place: RequestPlace, issues: ConfigIssue[]): OutputSpec[] {
  const parse = (given: string | OutputSetting): OutputSetting | undefined =>
    typeof given === 'string' ? parseOutput(given) : given;
  const parsed = readList('outputs', merged.get('outputs') ?? [], parse, merged, issues);
  const wanted = parsed.filter((setting) => setting !== undefined);
  const pushes = merged.get('push') === true && !wanted.some(({ type }) => type === 'registry');
  const defaults = { compression: merged.get('compression'), rewriteTimestamp: merged.get('rewriteTimestamp') };
  const at = placing('outputs', merged, place);
  return [...wanted, ...(pushes ? [{ type: 'registry' }] : [])].map((setting) => outputSpec(setting, defaults, at));
}
