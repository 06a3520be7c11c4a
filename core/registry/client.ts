import { pool, type Pool } from '../base/pool.ts';
import type { CredentialProvider } from '../contract/offers.ts';
import type { Registry } from '../contract/registry.ts';
import type { RegistryAccesses } from '../contract/registry-access.ts';
import type { World } from '../contract/world.ts';
import type { Descriptor } from '../oci/image.ts';
import { createAccesses, type Accesses } from './accesses.ts';
import { createAuthorizer } from './authorizer.ts';
import { checkLogin, type LoginDeps } from './check-login.ts';
import { createLogins } from './credentials.ts';
import { downloadBlob, type DownloadDeps } from './download.ts';
import { createEndpoints } from './endpoints.ts';
import { createExchange, type Exchange } from './exchange.ts';
import { createGrowingUploads } from './growing-uploads.ts';
import { getManifest, putManifest } from './manifests.ts';
import { createMirrors, type Mirrors } from './mirrors.ts';
import { parsePlace, placeText, type Place } from './places.ts';
import { rememberVerified, type Remember } from './remember.ts';
import { resolveImage } from './resolve-image.ts';
import type { Need } from './scopes.ts';
import { hasBlob, mountOrUpload, type PushOutcome } from './upload.ts';

export interface RegistryDeps {
  readonly world: World;
  readonly credentials: readonly CredentialProvider[];
  /** Hosts that may be asked over plain HTTP or with any certificate. */
  readonly insecureRegistries?: readonly string[];
  /** Certificates that are not named are looked up in the folders of docker and podman. */
  readonly registries?: RegistryAccesses;
  readonly remember?: Remember;
  readonly retries?: { readonly attempts: number; readonly firstDelay: number; readonly longestDelay: number };
  /** Uploads to one registry at a time. */
  readonly uploads?: number;
}

const defaultRetries = { attempts: 5, firstDelay: 500, longestDelay: 20_000 };
const defaultUploads = 6;

/** The distribution protocol from the client's side. One for a build: it remembers logins, tokens and what is where. */
export function createRegistry(deps: RegistryDeps): Registry {
  const { world, registries = new Map() } = deps;
  const accesses = createAccesses(world, registries, deps.insecureRegistries ?? []);
  const asking = askingOf(deps, accesses);
  const exchange = exchangeOf(deps, asking);
  const mirrors = createMirrors(registries, world);
  const remember = rememberVerified(deps.remember);
  const arrived = new Set<string>();
  const { firstDelay, attempts } = deps.retries ?? defaultRetries;
  const download: DownloadDeps = {
    exchange,
    attemptsAt: (place) => attemptsAt(place, accesses, attempts),
    firstDelay,
    signal: world.signal,
  };
  const growing = createGrowingUploads(exchange);
  const pushes = createPushes(exchange, deps.uploads ?? defaultUploads);
  const manifest: Registry['manifest'] = (reference, { direct = false } = {}) => {
    const ask = (place: Place) => getManifest(exchange, place, reference, remember);
    const { registry, repository } = reference;
    return direct ? ask({ registry, repository }) : mirrors.first(reference, ask);
  };
  const openBlob: Registry['openBlob'] = (at, descriptor, offset = 0) =>
    openFirst(download, mirrors, parsePlace(at), descriptor, offset);
  return {
    manifest,
    resolve: (text, reference, platform) =>
      resolveImage(
        { manifest, openBlob, exchange, remember, placesOf: mirrors.placesOf },
        { text, reference, platform },
      ),
    openBlob,
    hasBlob: (at, digest) => hasBlob(exchange, { ...parsePlace(at), actions: ['pull'] }, { digest }),
    async pushBlob(at, descriptor, source) {
      const place = parsePlace(at);
      const outcome = await pushes(place, descriptor, async (_, alsoIn) =>
        (await growing.close(place, descriptor))
          ? 'uploaded'
          : mountOrUpload(exchange, place, descriptor, source, alsoIn),
      );
      if (outcome === 'present') await growing.drop(place, descriptor.digest);
      return outcome;
    },
    uploadGrowing: (at, layer) => growing.begin(parsePlace(at), layer),
    putManifest: (reference, mediaType, bytes) => putManifest(exchange, reference, mediaType, bytes, arrived),
    login: (registry, credentials) => checkLogin(asking, registry, credentials),
  };
}

/** A mirror that does not answer twice is passed over. */
const mirrorAttempts = 2;

function attemptsAt(place: Place, accesses: Accesses, otherwise: number): number {
  const own = accesses.of(place.registry).attempts;
  return own ?? (place.isMirror ? Math.min(mirrorAttempts, otherwise) : otherwise);
}

/** How registries are asked at all: over which protocol, with which certificates, how often. */
function askingOf({ world, retries = defaultRetries }: RegistryDeps, accesses: Accesses): LoginDeps {
  return {
    http: () => world.http(),
    policyFor: (place) => ({
      ...retries,
      attempts: attemptsAt(place, accesses, retries.attempts),
      signal: world.signal,
    }),
    timeoutOf: (registry) => accesses.of(registry).timeout,
    signal: world.signal,
    endpoints: createEndpoints({
      isInsecure: accesses.isInsecure,
      tlsOf: accesses.tlsOf,
    }),
  };
}

function exchangeOf({ world, credentials }: RegistryDeps, asking: LoginDeps): Exchange {
  return createExchange({
    ...asking,
    authorizer: createAuthorizer({ ...asking, login: createLogins(credentials, world) }),
    onPause: (registry, what, delay) =>
      world.report({
        type: 'notice',
        level: 'info',
        code: 'REGISTRY_PAUSE',
        message: `${what}: ${registry} is asked again in ${Math.round(delay / 1000)} s.`,
      }),
  });
}

/** From the first place that has the blob; once bytes came, that place alone. */
async function* openFirst(
  download: DownloadDeps,
  mirrors: Mirrors,
  origin: Place,
  descriptor: Descriptor,
  offset: number,
): AsyncGenerator<Uint8Array, void> {
  const open = async (place: Place) => {
    const bytes = mirrors.verified(downloadBlob(download, place, descriptor, offset), place, descriptor, offset);
    return { first: await bytes.next(), bytes };
  };
  const opened = await mirrors.first(origin, open, descriptor.digest);
  if (opened === undefined || opened.first.done) return;
  try {
    yield opened.first.value;
    yield* opened.bytes;
  } finally {
    await opened.bytes.return();
  }
}

/**
 * Pushes each blob to a repository once, however many ask for it, a bounded number at a time. Over the line it goes once
 * a registry: who wants it in a second repository waits for the first and mounts it from there.
 */
function createPushes(exchange: Exchange, limit: number) {
  const lanes = new Map<string, Pool>();
  const begun = new Map<string, Map<string, Promise<PushOutcome>>>();
  return (
    place: Place,
    { digest }: Descriptor,
    bring: (place: Place, alsoIn: readonly string[]) => Promise<PushOutcome>,
  ): Promise<PushOutcome> => {
    const { registry, repository } = place;
    const pushes = known(begun, `${registry} ${digest}`, () => new Map<string, Promise<PushOutcome>>());
    const earlier = pushes.get(repository);
    if (earlier) return earlier.then(() => 'present');
    const lane = known(lanes, registry, () => pool(limit));
    const push = async (others: readonly (readonly [string, Promise<PushOutcome>])[]): Promise<PushOutcome> => {
      const need: Need = { ...place, actions: ['pull', 'push'] };
      if (await lane.run(() => hasBlob(exchange, need, { digest }))) return 'present';
      // Not in a lane: those that wait must not be in the way of those they wait for.
      const arrived = await Promise.allSettled(others.map(([, other]) => other));
      const alsoIn = others.filter((_, at) => arrived[at]!.status === 'fulfilled').map(([name]) => name);
      return lane.run(() =>
        bring(
          place,
          alsoIn.map((name) => placeText({ registry, repository: name })),
        ),
      );
    };
    const pushing = push([...pushes]);
    pushes.set(repository, pushing);
    pushing.catch(() => pushes.delete(repository));
    return pushing;
  };
}

function known<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const there = map.get(key);
  if (there !== undefined) return there;
  const made = make();
  map.set(key, made);
  return made;
}
