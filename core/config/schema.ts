import * as z from 'zod/mini';
import { Secret } from '../base/secret.ts';
import type { Plugin } from '../contract/plugin.ts';
import type { PrehookRun } from '../contract/prehooks.ts';
import { gitShape, httpShape } from './context-options.ts';
import type { SettledImage, SettledSettings } from './define.ts';
import { hostWanted, isRegistryHost, registriesShape, registryShape } from './registry-settings.ts';

/**
 * Lists and single values are replaced by a nearer layer (a list may be a function of the inherited one);
 * maps are merged key by key, maps of objects field by field.
 */
export type MergeRule = 'replace' | 'list' | 'by-key' | 'by-field';

/** One key of the config: what it may hold, how layers merge, what it is for. */
export interface ConfigKey<Shape extends z.ZodMiniType = z.ZodMiniType> {
  readonly shape: Shape;
  readonly merge: MergeRule;
  /** For the reference page and `strake config --help`. */
  readonly about: string;
}

const key = <Shape extends z.ZodMiniType>(merge: MergeRule, shape: Shape, about: string): ConfigKey<Shape> => ({
  shape,
  merge,
  about,
});

const text = z.string();
const filled = z.string().check(z.minLength(1, { error: 'it must not be empty' }));
const texts = z.array(filled);
const hosts = z.array(z.string().check(z.refine(isRegistryHost, { error: hostWanted })));
/** `null` drops an inherited key, `undefined` keeps it: `{ VERSION: env.VERSION }`. */
const textMap = z.record(text, z.nullish(text));
const location = z.union([filled, z.instanceof(URL)], { error: 'it must be a path or a URL' });
const positive = z.number().check(z.positive({ error: 'it must be more than 0' }));
const compression = z.enum(['gzip', 'zstd', 'none']);

/** Says what is wanted where something else stands; leaves mistakes inside an object to be told one by one. */
const unlessObject =
  (message: string) =>
  ({ code }: { readonly code: string }): string | undefined =>
    code === 'invalid_type' ? message : undefined;

const output = z.strictObject(
  {
    type: filled,
    dest: z.optional(filled),
    tar: z.optional(z.boolean()),
    name: z.optional(z.union([filled, texts], { error: 'it must be a reference or a list of them' })),
    compression: z.optional(compression),
    compressionLevel: z.optional(z.int()),
    forceCompression: z.optional(z.boolean()),
    rewriteTimestamp: z.optional(z.boolean()),
    options: z.optional(z.record(text, text)),
  },
  { error: unlessObject('it must be an object or text like type=oci,dest=out') },
);

const cache = z.intersection(
  z.object({ type: filled }, { error: unlessObject('it must be an object or text like type=registry,ref=…') }),
  z.record(text, z.union([text, z.number(), z.boolean()])),
);
const caches = z.array(z.union([filled, cache]));

const command = z.union([filled, z.array(text).check(z.minLength(1))], {
  error: 'it must be text for the shell or a list of words',
});
const isFunction = (value: unknown): value is PrehookRun => typeof value === 'function';
const prehookFunction = z.custom<PrehookRun>(isFunction, { error: 'it must be a function' });
const prehookObject = z
  .strictObject(
    {
      command: z.optional(command),
      run: z.optional(prehookFunction),
      name: z.optional(filled),
      version: z.optional(text),
      cwd: z.optional(filled),
      env: z.optional(z.record(text, z.union([text, z.instanceof(Secret)], { error: 'it must be text or a Secret' }))),
      inputs: z.optional(texts),
      outputs: z.optional(texts),
      timeout: z.optional(positive),
      shell: z.optional(command),
      in: z.optional(filled),
    },
    { error: unlessObject('it must be run(…), prehook(…) or a function') },
  )
  .check(
    z.refine((it) => (it.command === undefined) !== (it.run === undefined), {
      error: 'it must be run(…), prehook(…) or a function',
    }),
    z.refine((it) => it.run === undefined || (it.in === undefined && it.shell === undefined), {
      error: 'a function runs on this machine: it takes neither in nor shell',
    }),
  );
const prehook = z.union([prehookFunction, prehookObject], {
  error: 'it must be run(…), prehook(…) or a function',
});

const edge = z.strictObject({ image: filled });
const contextSetting = z.strictObject({
  location,
  subPath: z.optional(filled),
  git: z.optional(gitShape),
  http: z.optional(httpShape),
});

export const imageKeys = {
  context: key('replace', location, 'the files sent in: a folder, a URL, or whatever a plugin opens'),
  contextSubPath: key('replace', filled, 'the part of the context to build from'),
  git: key('by-key', gitShape, 'for a context that is a git repository: branch, tag, commit, tokenEnv, …'),
  http: key('by-key', httpShape, 'for a context that a web server has: username, passwordEnv, tokenEnv, ca, …'),
  dockerfile: key('replace', location, 'a path; inside the context where that is a URL'),
  dockerfileText: key('replace', filled, 'the Dockerfile itself'),
  target: key('replace', filled, 'the stage to build'),
  platforms: key('list', texts, 'linux/amd64, linux/arm64, …'),
  tags: key('list', texts, 'references the image gets'),
  args: key('by-key', textMap, 'values for ARGs'),
  labels: key('by-key', textMap, 'labels of the image'),
  annotations: key('by-key', textMap, 'annotations of the manifest'),
  outputs: key('list', z.array(z.union([filled, output])), 'where the image goes; without one it stays in the store'),
  contexts: key(
    'by-key',
    z.record(
      text,
      z.nullish(
        z.union([filled, z.instanceof(URL), edge, contextSetting], { error: 'it must be a context or image(…)' }),
      ),
    ),
    'what FROM and COPY --from find by name: image(…), a path, a URL, { location, subPath, git, http }',
  ),
  prebuild: key(
    'list',
    z.array(prehook),
    'what runs before the context is read, in order: run(…), prehook(…), functions',
  ),
  noCache: key(
    'replace',
    z.union([z.boolean(), texts], { error: 'it must be true, false or a list of stages' }),
    'carry out steps even where a cache knows them; a list names stages',
  ),
  push: key('replace', z.boolean(), 'push every tag to its registry'),
  rewriteTimestamp: key('replace', z.boolean(), 'times in layers after SOURCE_DATE_EPOCH become it, in every output'),
  compression: key('replace', compression, 'how layers are compressed, in every output'),
} satisfies Record<keyof SettledImage, ConfigKey>;

export const settingsKeys = {
  jobs: key('replace', z.int().check(z.positive({ error: 'it must be more than 0' })), 'steps and stages at a time'),
  isolation: key('replace', filled, 'the way to run steps; see strake doctor'),
  insecureRegistries: key('list', hosts, 'host:port of registries without good certificates or without TLS'),
  registries: key(
    'by-field',
    registriesShape,
    'by host, host/path or *: ca, cert, key, insecure, skipTlsVerify, mirrors, fallback, attempts, timeout',
  ),
  sourceDateEpoch: key('replace', z.int().check(z.nonnegative()), 'seconds since 1970 that images are created at'),
  cacheFrom: key(
    'list',
    caches,
    'where steps are looked up besides the store: type=registry,ref=…, type=local,src=…, type=s3,bucket=…',
  ),
  cacheTo: key(
    'list',
    caches,
    'where steps are left for other machines: type=registry,ref=…, type=local,dest=…, type=s3,bucket=…',
  ),
} satisfies Record<keyof SettledSettings, ConfigKey>;

export type ImageKey = keyof typeof imageKeys;
export type SettingsKey = keyof typeof settingsKeys;
type Keys = Readonly<Record<string, ConfigKey>>;

/** Strict: an unknown key is a mistake, not something to be silent about. */
const objectOf = (keys: Keys): z.ZodMiniType =>
  z.strictObject(Object.fromEntries(Object.entries(keys).map(([name, { shape }]) => [name, z.nullish(shape)])));

const isPlugin = (value: unknown): value is Plugin =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string' && value.name !== '';

/** A nest of plugins is flattened before it is looked at. */
const plugin = z.custom<Plugin>(isPlugin, {
  error: ({ input }) => {
    if (typeof input === 'function') return 'it must be a plugin; was its factory called?';
    return typeof input === 'string' ? 'plugins are imported, not named' : 'it must be a plugin with a name';
  },
});

export const imageSchema = objectOf(imageKeys);
export const settingsSchema = objectOf(settingsKeys);

/** `extends` is followed before a layer is validated, so it is not part of it. */
export const layerSchema = z.strictObject({
  name: z.optional(filled),
  plugins: z.optional(z.array(plugin)),
  settings: z.optional(settingsSchema),
  defaults: z.optional(imageSchema),
  images: z.optional(z.record(z.string().check(z.regex(/^[a-z0-9][a-z0-9._-]*$/i)), z.optional(imageSchema))),
});

/** The keys that are allowed where an object of the config stands; absent where any is. */
export function knownKeys(path: readonly PropertyKey[]): readonly string[] | undefined {
  if (path.length === 0) return ['extends', ...Object.keys(layerSchema.shape)];
  if (path[0] === 'settings' && path.length === 1) return Object.keys(settingsKeys);
  if (path[0] === 'settings' && path[1] === 'registries' && path.length === 3) return Object.keys(registryShape.shape);
  const inside = path[0] === 'defaults' ? path.slice(1) : path[0] === 'images' ? path.slice(2) : undefined;
  if (inside === undefined || (path[0] === 'images' && path.length === 1)) return undefined;
  if (inside.length === 0) return Object.keys(imageKeys);
  if (inside[0] === 'outputs') return Object.keys(output.shape);
  if (inside[0] === 'prebuild') return Object.keys(prehookObject.def.shape);
  if (inside.at(-1) === 'git') return Object.keys(gitShape.shape);
  if (inside.at(-1) === 'http') return Object.keys(httpShape.shape);
  if (inside[0] === 'contexts') return [...Object.keys(edge.shape), ...Object.keys(contextSetting.shape)];
  return undefined;
}

/** Where a key stands that was written in another place: `settings.cacheFrom` for one of an image. */
export function placesOf(name: string, path: readonly PropertyKey[]): readonly string[] {
  const depth = path[0] === 'images' ? 2 : ['settings', 'defaults'].includes(String(path[0])) ? 1 : 0;
  // Inside of an output, a context or a registry names mean other things.
  if (path.length !== depth) return [];
  const places: string[] = [];
  if (Object.hasOwn(settingsKeys, name)) places.push(`settings.${name}`);
  if (Object.hasOwn(imageKeys, name)) places.push(`images.NAME.${name}`, `defaults.${name}`);
  if (path.length > 0 && ['extends', 'plugins', 'settings', 'defaults', 'images'].includes(name))
    places.push('one beside "images"');
  return places;
}
