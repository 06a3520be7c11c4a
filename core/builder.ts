import { availableParallelism } from 'node:os';
import type { HostPath } from './base/brand.ts';
import type { BuildError } from './base/errors.ts';
import { build } from './build.ts';
import { inOrder, openCaches } from './caching/open-caches.ts';
import { unknownImage, withNeeded } from './config/selection.ts';
import type { CacheSpec } from './contract/caches.ts';
import { callMoment, callRewrite, installPlugins, throwAll, type Installed } from './contract/install.ts';
import type { BuildPlan, BuildResult, ImageRequest } from './contract/model.ts';
import type { Plugin } from './contract/plugin.ts';
import type { Store } from './contract/store.ts';
import type { BuildSettings } from './contract/surroundings.ts';
import type { Workshop } from './contract/workshop.ts';
import type { World } from './contract/world.ts';
import { openWorkshop } from './phases/open-workshop.ts';
import { parseDockerfiles } from './phases/parse-dockerfiles.ts';
import { planBuild } from './phases/plan-build.ts';
import { resolveContexts } from './phases/resolve-contexts.ts';
import { openStore } from './store/open-store.ts';
import { hasLeftAreas } from './worker/work-area.ts';
import { storeFolder } from './store/store-folder.ts';

export interface BuilderOptions {
  readonly plugins: readonly Plugin[];
  readonly world: World;
  readonly settings?: Partial<Omit<BuildSettings, 'pluginKeys'>>;
  /** By name; absent: the highest that works here. */
  readonly isolation?: string;
  /** Caches besides those of the plugins, by a type that a plugin knows. */
  readonly cacheFrom?: readonly CacheSpec[];
  readonly cacheTo?: readonly CacheSpec[];
  /** Absent: `STRAKE_HOME`, else a folder of the user's cache. */
  readonly storeFolder?: HostPath;
}

/** Plugins installed over a store: builds images, or only plans them. */
export interface Builder extends AsyncDisposable {
  readonly installed: Installed;
  /** All images are one graph: an image another one stands on is built first and must be among them. */
  build(requests: readonly ImageRequest[]): Promise<readonly BuildResult[]>;
  /** What `build` would do. Contexts are opened and bases looked up; nothing is carried out. */
  plan(requests: readonly ImageRequest[]): Promise<BuildPlan>;
  /** What the phases are given, for other things to do with images; its scope is the caller's to close. */
  workshop(): Promise<Workshop>;
  store(): Promise<Store>;
  close(): Promise<void>;
}

/** Installs the plugins at once, so that what is wrong with them is said at once; all else waits until it is needed. */
export function createBuilder(options: BuilderOptions): Builder {
  const { world } = options;
  const installed = withCaches(installPlugins(options.plugins), options);
  let opening: Promise<Store> | undefined;
  const store = (): Promise<Store> =>
    (opening ??= openStore(options.storeFolder ?? storeFolder(world.env, world.home)));
  const workshop = async (): Promise<Workshop> =>
    openWorkshop({
      world,
      offers: installed.offers,
      hooks: installed.hooks,
      store: await store(),
      settings: settingsOf(options, installed),
      ...(options.isolation !== undefined && { isolation: options.isolation }),
    });
  const close = async (): Promise<void> => {};
  return {
    installed,
    store,
    workshop,
    build: (requests) => runBuild(requests, installed, world, workshop),
    plan: (requests) => runPlan(requests, installed, world, workshop),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function withCaches(installed: Installed, { cacheFrom = [], cacheTo = [] }: BuilderOptions): Installed {
  const { offers } = installed;
  const caches = inOrder([...offers.caches, ...openCaches(cacheFrom, cacheTo, offers.cacheTypes)]);
  return { ...installed, offers: { ...offers, caches } };
}

/** Commands wait for networks, disks and one another as often as for a core. */
const fewestJobs = 4;

const settingsOf = ({ settings = {} }: BuilderOptions, installed: Installed): BuildSettings => ({
  jobs: settings.jobs ?? Math.max(fewestJobs, availableParallelism()),
  insecureRegistries: settings.insecureRegistries ?? [],
  registries: settings.registries ?? new Map(),
  ...(settings.sourceDateEpoch !== undefined && { sourceDateEpoch: settings.sourceDateEpoch }),
  pluginKeys: pluginKeys(installed),
});

/** Plugins that change what a RUN does or leaves behind are part of the keys of steps, by name at the least. */
const pluginKeys = ({ plugins, taps }: Installed): string[] =>
  plugins
    .filter(
      ({ name, cacheKey }) =>
        typeof cacheKey === 'string' ||
        (cacheKey === undefined && taps.get(name)?.some((hook) => hook === 'job' || hook === 'snapshot')),
    )
    .map(({ name, cacheKey }) => (typeof cacheKey === 'string' ? `${name} ${cacheKey}` : name));

type OpenWorkshop = () => Promise<Workshop>;

async function runBuild(
  given: readonly ImageRequest[],
  installed: Installed,
  world: World,
  open: OpenWorkshop,
): Promise<readonly BuildResult[]> {
  const { hooks } = installed;
  const requests = await prepare(given, installed, world, false);
  let results: readonly BuildResult[] = [];
  let failure: { readonly error: unknown } | undefined;
  try {
    const workshop = await open();
    await using _ = workshop.scope;
    results = await build(requests, workshop);
    await clearAway(workshop);
  } catch (error) {
    failure = { error };
  }
  try {
    await callMoment(hooks.finished, { results, ...failure }, { world });
  } catch (error) {
    // What the build failed with matters more than what was said about it.
    throw failure ? failure.error : error;
  }
  if (failure) throw failure.error;
  return results;
}

/** A worker removes what killed ones left as it starts; one is started for that alone where the build needed none. */
async function clearAway({ store, isolation, world }: Workshop): Promise<void> {
  if (!hasLeftAreas(store.root, world.now().getTime()) || !(await isolation.choose()).runs) return;
  // The build is done: what cannot be cleared away now is left to the next one.
  await isolation.open().catch(() => {});
}

async function runPlan(
  given: readonly ImageRequest[],
  installed: Installed,
  world: World,
  open: OpenWorkshop,
): Promise<BuildPlan> {
  const requests = await prepare(given, installed, world, true);
  const workshop = await open();
  await using _ = workshop.scope;
  await using contexts = await resolveContexts(requests, workshop, { planOnly: true });
  return planBuild(await parseDockerfiles(requests, contexts, workshop), contexts, workshop);
}

/** Requests as plugins want them, in an order that can be built; then every plugin may complain. */
async function prepare(
  given: readonly ImageRequest[],
  { hooks }: Installed,
  world: World,
  planOnly: boolean,
): Promise<readonly ImageRequest[]> {
  const rewritten: ImageRequest[] = [];
  for (const request of given) {
    rewritten.push(await callRewrite(hooks.request, request, { world, image: request.name }));
  }
  const names = rewritten.map((request) => request.name);
  const requests = withNeeded(rewritten, (name) => {
    throw unknownImage(name, names, 'The build');
  });
  const complaints: BuildError[] = [];
  const complain = (problem: BuildError): void => void complaints.push(problem);
  await callMoment(hooks.preBuild, { requests, complain, complaints, planOnly }, { world });
  throwAll(complaints);
  return requests;
}
