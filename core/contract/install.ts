import { BuildError, BuildErrors, problem } from '../base/errors.ts';
import { nearest } from '../base/suggest.ts';
import { createHooks, type BuilderHooks, type HookName, type HookScope, type Moment, type Rewrite } from './hooks.ts';
import { guardOffers } from './offer-guard.ts';
import { ownFolder } from './own-place.ts';
import { orderPlugins } from './plugin-order.ts';
import { contractOf, contractVersion, originOf, type Plugin } from './plugin.ts';
import { shapeMistakes } from './plugin-shape.ts';
import { guardTap, placeOfTap, type HookTiming, type RunningTap, type Tap, type TapLedger } from './tap-guard.ts';
import type { Offers } from './workshop.ts';

/** Plugins at work: what they offer, where they listen, and who is busy. */
export interface Installed {
  /** In the order they are asked and called. */
  readonly plugins: readonly Plugin[];
  readonly hooks: BuilderHooks;
  readonly offers: Offers;
  /** Which hooks a plugin taps, by its name. */
  readonly taps: ReadonlyMap<string, readonly HookName[]>;
  /** Taps that were called and have not settled. */
  pending(): readonly RunningTap[];
  /** One complaint for every such tap. */
  hanging(): readonly BuildError[];
  timings(): readonly HookTiming[];
}

/** Brings plugins into one set of offers and hooks. Throws all that is wrong with them at once. */
export function installPlugins(plugins: readonly Plugin[]): Installed {
  refuse(plugins);
  const ordered = orderPlugins(plugins);
  const hooks = createHooks();
  const ledger: TapLedger = { running: new Set(), timings: new Map() };
  const taps = new Map<string, HookName[]>();
  const installing: { plugin: Plugin | undefined } = { plugin: undefined };
  watch(hooks, (tap, hook) => {
    const plugin = installing.plugin;
    if (!plugin) throw tappedLate(hook, tap.name);
    taps.set(plugin.name, [...(taps.get(plugin.name) ?? []), hook]);
    return guardTap(tap, plugin.name, hook, ledger);
  });
  // One for all: plugins may know one another by the hooks they were given.
  const noted = notingHooks(hooks);
  for (const plugin of ordered) {
    installing.plugin = plugin;
    applyPlugin(plugin, noted);
  }
  installing.plugin = undefined;
  return {
    plugins: ordered,
    hooks,
    offers: guardOffers(ordered),
    taps,
    pending: () => [...ledger.running],
    hanging: () => [...ledger.running].map(hangs),
    timings: () => [...ledger.timings.values()].toSorted((a, b) => b.ms - a.ms),
  };
}

/** Milliseconds that taps get to end by themselves once a build is aborted. */
const patience = 2000;

/** Calls the taps of a moment, one after another. */
export async function callMoment<T>(hook: Moment<T>, subject: T, scope: HookScope): Promise<void> {
  if (hook.taps.length > 0) await settled(hook.promise(subject, scope), scope);
}

/** Hands `subject` from tap to tap and gives back what the last one made of it. */
export async function callRewrite<T>(hook: Rewrite<T>, subject: T, scope: HookScope): Promise<T> {
  return hook.taps.length > 0 ? settled(hook.promise(subject, scope), scope) : subject;
}

/** The promise, or an end soon after the build was aborted: a tap that never settles must not hold up the exit. */
async function settled<T>(work: Promise<T>, { world }: HookScope): Promise<T> {
  world.signal.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => {
    timer = setTimeout(() => aborted.reject(world.signal.reason), patience);
  };
  world.signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    world.signal.removeEventListener('abort', onAbort);
    clearTimeout(timer);
    work.catch(() => {});
  }
}

function refuse(plugins: readonly Plugin[]): void {
  const complaints: BuildError[] = [];
  const names = new Set<string>();
  for (const plugin of plugins) {
    if (names.has(plugin.name)) complaints.push(problem('PLUGIN_TWICE', { plugin: plugin.name }));
    names.add(plugin.name);
    for (const reason of shapeMistakes(plugin))
      complaints.push(
        problem('PLUGIN_INVALID', { plugin: plugin.name, reason, see: 'types' }, { plugin: plugin.name }),
      );
    const made = contractOf(plugin);
    // Without a stamp it is an object written in place: of this strake, or the types would have said so.
    if (made !== undefined && made !== contractVersion) {
      const copy = originOf(plugin)?.copy;
      const facts = {
        plugin: plugin.name,
        plugins: JSON.stringify(made),
        ours: String(contractVersion),
        ourCopy: ownFolder,
        ...(copy !== undefined && { theirCopy: copy }),
      };
      complaints.push(problem('PLUGIN_CONTRACT', facts, { plugin: plugin.name }));
    }
  }
  throwAll(complaints);
}

/** One complaint is thrown as it is, several together. */
export function throwAll(complaints: readonly BuildError[]): void {
  if (complaints.length === 1) throw complaints[0]!;
  if (complaints.length > 1) throw new BuildErrors(complaints, `${complaints.length} things to fix`);
}

type Listener = (tap: Tap, hook: HookName) => Tap;

function watch(hooks: BuilderHooks, listener: Listener): void {
  for (const [name, hook] of Object.entries(hooks) as [HookName, Intercepted][]) {
    hook.intercept({ register: (tap) => listener(tap, name) });
    // tapable counts interceptors as users; phases that skip work nobody looks at ask for taps.
    hook.isUsed = () => hook.taps.length > 0;
  }
}

/** All hooks seen alike, whatever they carry. */
interface Intercepted {
  readonly taps: readonly unknown[];
  isUsed: () => boolean;
  intercept(interceptor: { register: (tap: Tap) => Tap }): void;
}

function applyPlugin(plugin: Plugin, { hooks, unknown }: NotedHooks): void {
  let returned: unknown;
  unknown.length = 0;
  try {
    returned = plugin.apply?.(hooks);
  } catch (error) {
    if (BuildError.is(error)) throw error;
    if (error instanceof TypeError && unknown.length > 0) throw noSuchHook(plugin.name, unknown.at(-1)!, hooks, error);
    const reason = error instanceof Error ? error.message : String(error);
    const facts = { plugin: plugin.name, hook: 'apply', reason };
    throw problem('PLUGIN_FAILED', facts, { plugin: plugin.name }, { cause: error });
  }
  if (typeof returned === 'object' && returned !== null && 'then' in returned) {
    Promise.resolve(returned).catch(() => {});
    const reason = 'has an asynchronous apply(): taps made after its first await would come too late';
    throw problem('PLUGIN_INVALID', { plugin: plugin.name, reason }, { plugin: plugin.name });
  }
}

interface NotedHooks {
  readonly hooks: BuilderHooks;
  /** Asked for, and not there. A plugin may ask, to work with older and newer contracts. */
  readonly unknown: string[];
}

function notingHooks(hooks: BuilderHooks): NotedHooks {
  const unknown: string[] = [];
  const get = (_: BuilderHooks, key: string | symbol): unknown => {
    if (typeof key === 'string' && !Object.hasOwn(hooks, key)) unknown.push(key);
    return Reflect.get(hooks, key);
  };
  return { hooks: new Proxy(hooks, { get }), unknown };
}

function noSuchHook(plugin: string, name: string, hooks: BuilderHooks, cause: unknown): BuildError {
  const near = nearest(name, Object.keys(hooks));
  const reason = `taps "${name}", which is no hook${near === undefined ? '' : ` ("${near}" is)`}`;
  return problem('PLUGIN_INVALID', { plugin, reason, see: 'hooks' }, { plugin }, { cause });
}

function tappedLate(hook: HookName, tap: string): BuildError {
  const place = placeOfTap();
  return problem('PLUGIN_TAPS_LATE', { hook, tap, ...(place !== undefined && { place }) });
}

function hangs({ plugin, hook, place, since }: RunningTap): BuildError {
  const seconds = Math.round((performance.now() - since) / 100) / 10;
  return problem('PLUGIN_HANGS', { plugin, hook, seconds, ...(place !== undefined && { place }) }, { plugin });
}
