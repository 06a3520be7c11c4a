import {
  BuildError,
  cacheSpecs,
  createBuilder,
  gitFacts,
  loadConfig,
  openWorld,
  registryAccesses,
  resolveConfig,
  shareThisCopy,
  storeFolder,
  type Builder,
  type HostWorld,
  type LoadedConfig,
  type RequestPlace,
  type ResolvedConfig,
  type Source,
} from '../core/index.ts';
import { standard } from '../presets/standard.ts';
import type { Cli, Invocation } from './command.ts';
import type { Renderer } from './render/reporter.ts';
import { silent } from './render/reporter.ts';
import { insecureHosts, registrySources } from './registry-settings.ts';
import { countOf } from './usage.ts';

/** What a command works with: the world, the config over the standard preset with flags on top, and a builder of its plugins. */
export interface Session extends AsyncDisposable {
  readonly world: HostWorld;
  readonly config: ResolvedConfig;
  readonly place: RequestPlace;
  readonly builder: Builder;
}

export interface SessionOptions {
  readonly renderer?: Renderer;
  /** A context was given by hand: a config that is none of ours is passed over with a notice. */
  readonly withoutConfig?: boolean;
}

export async function openSession(
  invocation: Invocation,
  cli: Cli,
  { renderer = silent, withoutConfig = false }: SessionOptions = {},
): Promise<Session> {
  const world = openWorld(cli.host, {
    report: (event) => renderer.report(event),
    signal: cli.signal,
    version: cli.version,
  });
  try {
    const loaded = await load(invocation, world, withoutConfig);
    const config = resolveConfig({
      base: standard(),
      ...(loaded && { config: loaded }),
      env: world.env,
      settingFlags: settingFlags(invocation),
    });
    for (const { plugin, layer, instead } of config.plugins) {
      if (instead.length === 0) continue;
      const message = `The plugin "${plugin.name}" of ${layer} takes the place of the one of ${instead.at(-1)}.`;
      world.report({ type: 'notice', level: 'info', code: 'PLUGIN_REPLACED', message });
    }
    const place = { cwd: world.cwd, dir: loaded?.dir ?? world.cwd, host: world.host };
    const builder = builderFor(config, place, world);
    cli.stuck.tell = () => builder.installed.hanging();
    return {
      world,
      config,
      place,
      builder,
      async [Symbol.asyncDispose]() {
        await builder.close();
        await world[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await world[Symbol.asyncDispose]();
    throw error;
  }
}

async function load(
  invocation: Invocation,
  world: HostWorld,
  withoutConfig: boolean,
): Promise<LoadedConfig | undefined> {
  if (invocation.on('no-config')) return undefined;
  const path = invocation.text('config') ?? (world.env['STRAKE_CONFIG'] || undefined);
  const context = { env: world.env, git: gitFacts(world.cwd, world.env), command: invocation.command.name };
  shareThisCopy();
  try {
    return await loadConfig({ cwd: world.cwd, context, ...(path !== undefined && { path }) });
  } catch (error) {
    if (!withoutConfig || !BuildError.is(error) || error.code !== 'CONFIG_OF_OTHER_TOOL') throw error;
    world.report({ type: 'notice', level: 'info', code: error.code, message: `${error.message} It is not used.` });
    return undefined;
  }
}

function settingFlags(invocation: Invocation): readonly Source[] {
  const flag = (name: string, values: Readonly<Record<string, unknown>>): Source => ({
    layer: `--${name}`,
    section: '',
    values,
  });
  const isolation = invocation.text('isolation');
  const jobs = countOf(invocation, 'jobs');
  const insecure = insecureHosts(invocation);
  const cacheFrom = invocation.list('cache-from');
  const cacheTo = invocation.list('cache-to');
  return [
    ...registrySources(invocation),
    ...(cacheFrom.length === 0 ? [] : [flag('cache-from', { cacheFrom })]),
    ...(cacheTo.length === 0 ? [] : [flag('cache-to', { cacheTo })]),
    ...(isolation === undefined ? [] : [flag('isolation', { isolation })]),
    ...(jobs === undefined ? [] : [flag('jobs', { jobs })]),
    ...(insecure.length === 0
      ? []
      : [
          flag('insecure-registry', {
            insecureRegistries: (inherited: readonly string[]) => [...inherited, ...insecure],
          }),
        ]),
  ];
}

function builderFor(config: ResolvedConfig, place: RequestPlace, world: HostWorld): Builder {
  const { settings } = config;
  const caches = cacheSpecs(settings, place);
  const jobs = settings.get('jobs');
  const isolation = settings.get('isolation');
  const insecureRegistries = settings.get('insecureRegistries');
  const sourceDateEpoch = settings.get('sourceDateEpoch');
  return createBuilder({
    plugins: config.plugins.map(({ plugin }) => plugin),
    world,
    storeFolder: storeFolder(world.env, world.home),
    ...(isolation !== undefined && { isolation }),
    cacheFrom: caches.from,
    cacheTo: caches.to,
    settings: {
      ...(jobs !== undefined && { jobs }),
      ...(insecureRegistries !== undefined && { insecureRegistries }),
      registries: registryAccesses(settings, place),
      ...(sourceDateEpoch !== undefined && { sourceDateEpoch }),
    },
  });
}
