import type { Plugin } from '../contract/plugin.ts';
import type { Env } from '../contract/world.ts';
import type { GitSettings, HttpSettings } from './context-options.ts';
import type { AnyPrehookSetting } from './prehooks.ts';
import type { RegistrySetting } from './registry-settings.ts';

/** What a setting may be: a value, `null` to drop what was inherited, nothing to keep it. */
type Setting<T> = T | null | undefined;
/** A list replaces the inherited one; a function builds on it: `(inherited) => [...inherited, 'x']`. */
type ListSetting<T> = Setting<readonly T[] | ((inherited: readonly T[]) => readonly T[])>;
/** Maps merge key by key; `null` drops an inherited key. */
type MapSetting<T> = Setting<Readonly<Record<string, T | null | undefined>>>;

/** How one image is built. Relative paths are seen from the folder of the config. */
export interface ImageSettings<Image extends string = string> {
  /** The files sent in: a folder, a URL, or whatever a plugin opens. Default: the folder of the config. */
  readonly context?: Setting<string | URL>;
  /** The part of the context to build from. */
  readonly contextSubPath?: Setting<string>;
  /** For a context that is a git repository. */
  readonly git?: Setting<GitSettings>;
  /** For a context that is fetched from a web server. */
  readonly http?: Setting<HttpSettings>;
  /** Default: `Dockerfile` of the context. Inside the context where that is a URL. */
  readonly dockerfile?: Setting<string | URL>;
  /** The Dockerfile itself. */
  readonly dockerfileText?: Setting<string>;
  /** The stage to build; default: the last. */
  readonly target?: Setting<string>;
  /** `linux/amd64`, `linux/arm64`, …; default: this machine's. */
  readonly platforms?: ListSetting<string>;
  /** References the image gets: `registry.example/team/app:1`. */
  readonly tags?: ListSetting<string>;
  /** Values for `ARG`s. */
  readonly args?: MapSetting<string>;
  readonly labels?: MapSetting<string>;
  /** Annotations of the manifest. */
  readonly annotations?: MapSetting<string>;
  /** Where the image goes; without one it stays in the store: `'type=oci,dest=out'` or the same as an object. */
  readonly outputs?: ListSetting<string | OutputSetting>;
  /** What `FROM name` and `COPY --from=name` find: another image of this config, or any context. */
  readonly contexts?: MapSetting<string | URL | ImageEdge<Image> | ContextSetting>;
  /** What runs before the context is read, in order: `run('npm run codegen', { inputs, outputs })`, functions. */
  readonly prebuild?: ListSetting<AnyPrehookSetting>;
  /** `true`: nothing is looked up in caches; a list: the steps of these stages are not. */
  readonly noCache?: Setting<boolean | readonly string[]>;
  /** Push every tag to its registry. */
  readonly push?: Setting<boolean>;
  /** For every output that does not say otherwise: times in layers later than the epoch become the epoch. */
  readonly rewriteTimestamp?: Setting<boolean>;
  /** For every output that does not say otherwise; default: gzip. */
  readonly compression?: Setting<'gzip' | 'zstd' | 'none'>;
}

export interface OutputSetting {
  /** `registry`, `oci`, `docker`, `local`, or what a plugin offers. */
  readonly type: string;
  /** A file or folder; of `oci` and `docker` a tar unless `tar` is false. */
  readonly dest?: string;
  /** `false`: a folder instead of a tar. */
  readonly tar?: boolean;
  /** References to give the image there, instead of its tags. */
  readonly name?: string | readonly string[];
  readonly compression?: 'gzip' | 'zstd' | 'none';
  readonly compressionLevel?: number;
  /** Recompress layers that came compressed otherwise. */
  readonly forceCompression?: boolean;
  readonly rewriteTimestamp?: boolean;
  /** What else the output understands. */
  readonly options?: Readonly<Record<string, string>>;
}

/** An image's settings once all layers are laid over one another. */
export interface SettledImage {
  readonly context: string | URL;
  readonly contextSubPath: string;
  readonly git: ReadonlyMap<string, string | number | boolean>;
  readonly http: ReadonlyMap<string, string | number | boolean>;
  readonly dockerfile: string | URL;
  readonly dockerfileText: string;
  readonly target: string;
  readonly platforms: readonly string[];
  readonly tags: readonly string[];
  readonly args: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  readonly outputs: readonly (string | OutputSetting)[];
  readonly contexts: ReadonlyMap<string, string | URL | ImageEdge | ContextSetting>;
  readonly prebuild: readonly AnyPrehookSetting[];
  readonly noCache: boolean | readonly string[];
  readonly push: boolean;
  readonly rewriteTimestamp: boolean;
  readonly compression: 'gzip' | 'zstd' | 'none';
}

/** A named context with all that can be said of it. */
export interface ContextSetting {
  readonly location: string | URL;
  /** The part of it that counts. */
  readonly subPath?: string;
  readonly git?: GitSettings;
  readonly http?: HttpSettings;
}

/** Another image of the same config. Made by `image('name')`. */
export interface ImageEdge<Image extends string = string> {
  readonly image: Image;
}

/** How builds are carried out, whatever they build. */
export interface BuildSettingsInput {
  /** Steps and stages at a time; default: as many as there are processors. */
  readonly jobs?: Setting<number>;
  /** `overlay`, `assemble`, …; default: the highest that works here. */
  readonly isolation?: Setting<string>;
  /** Registries (`host:port`) that may be spoken to in plain http or with certificates nobody signed. */
  readonly insecureRegistries?: ListSetting<string>;
  /**
   * What is to be known of single registries, by `host:port`; `host/path` for mirrors of a part, `*` for all that do not
   * say otherwise: `{ 'docker.io': { mirrors: ['mirror.example/hub'] }, 'registry.example': { ca: 'ca.pem' } }`.
   */
  readonly registries?: MapSetting<RegistrySetting>;
  /** Seconds since 1970: the time images are created at. */
  readonly sourceDateEpoch?: Setting<number>;
  /** Where steps are looked up besides the store, all at once: `'type=registry,ref=registry.example/cache'`, or as an object. */
  readonly cacheFrom?: ListSetting<string | CacheSetting>;
  /** Where steps are left for other machines. */
  readonly cacheTo?: ListSetting<string | CacheSetting>;
}

/** `{ type: 'registry', ref: 'registry.example/cache' }`, `{ type: 'local', src: '.cache' }` */
export interface CacheSetting {
  readonly type: string;
  readonly [option: string]: string | number | boolean;
}

export interface SettledSettings {
  readonly jobs: number;
  readonly isolation: string;
  readonly insecureRegistries: readonly string[];
  readonly registries: ReadonlyMap<string, RegistrySetting>;
  readonly sourceDateEpoch: number;
  readonly cacheFrom: readonly (string | CacheSetting)[];
  readonly cacheTo: readonly (string | CacheSetting)[];
}

type Falsy = false | null | undefined;
export type PluginSetting = Plugin | Falsy | readonly PluginSetting[];
/** A layer whose images do not matter to the one that extends it: any. */
type Extended = ConfigLayer | Falsy | readonly Extended[];

/** What a config or a preset holds. Nearer layers win: what a layer says itself over what it extends. */
export interface ConfigLayer<Image extends string = string> {
  /** Shown where a value of this layer is traced or wrong. */
  readonly name?: string;
  /** Presets, as imported objects; a later one wins over an earlier one. */
  readonly extends?: readonly Extended[];
  /** Merged by name; falsy ones are left out, lists in lists flattened. */
  readonly plugins?: readonly PluginSetting[];
  readonly settings?: BuildSettingsInput;
  /** For every image. */
  readonly defaults?: ImageSettings<NoInfer<Image>>;
  readonly images?: { readonly [Name in Image]?: ImageSettings<NoInfer<Image>> };
}

/** What a config that is a function is given. */
export interface ConfigContext {
  readonly env: Env;
  readonly git: GitFacts;
  /** `build`, `plan`, `config`, … */
  readonly command: string;
}

/** Read when asked for; `undefined` where there is no repository. */
export interface GitFacts {
  readonly commit: string | undefined;
  readonly shortCommit: string | undefined;
  readonly branch: string | undefined;
  /** The tag of the commit, if it has one. */
  readonly tag: string | undefined;
  /** Are there changes that are not committed? */
  readonly dirty: boolean | undefined;
  /** Seconds since 1970 of the commit: an epoch for reproducible images. */
  readonly commitTime: number | undefined;
}

export type ConfigExport<Image extends string = string> =
  | ConfigLayer<Image>
  | ((context: ConfigContext) => ConfigLayer<Image> | Promise<ConfigLayer<Image>>);

/** Types a config and gives it back. `image('x')` in it must name an image of the config. */
export const defineConfig = <const Image extends string = string>(config: ConfigExport<Image>): ConfigExport<Image> =>
  config;

/** A preset: a function of its options that returns a layer. */
export const definePreset = <Options extends unknown[], Image extends string = string>(
  preset: (...options: Options) => ConfigLayer<Image>,
): ((...options: Options) => ConfigLayer<Image>) => preset;

/** `contexts: { base: image('base') }`: built first, found as `FROM base`. */
export const image = <const Image extends string>(name: Image): ImageEdge<Image> => ({ image: name });
