import { definePlugin, type AuthRequest, type Credentials, type World } from '../../core/index.ts';
import { readEntry } from './auth-entry.ts';
import { readConfigs, type CredentialsConfig } from './config-files.ts';
import { helperNamed } from './helper.ts';
import { forgetLogin, keepLogin } from './keep-login.ts';
import { hubServer, isHub, longestMatch, means } from './matching.ts';

/**
 * Logins of docker and podman: `DOCKER_AUTH_CONFIG`, `REGISTRY_AUTH_FILE`, docker's config.json (`DOCKER_CONFIG`,
 * `~/.docker`), podman's auth.json; with the credential helpers named there. `strake login` keeps its logins here.
 */
export const dockerCredentials = definePlugin(() => {
  // By world: a build reads the files once and asks a helper once for each server.
  const desks = new WeakMap<World, Desk>();
  return {
    name: 'docker-credentials',
    credentials: [
      {
        name: 'docker-credentials',
        async credentials(request, world) {
          let desk = desks.get(world);
          if (desk === undefined) desks.set(world, (desk = openDesk(world)));
          for (const config of await desk.configs()) {
            const found = await credentialsIn(config, request, desk);
            if (found !== undefined) return found;
          }
          return undefined;
        },
        keep(place, credentials, world) {
          desks.delete(world);
          return keepLogin(place, credentials, world);
        },
        forget(place, world) {
          desks.delete(world);
          return forgetLogin(place, world);
        },
      },
    ],
  };
});

interface Desk {
  readonly world: World;
  configs(): Promise<readonly CredentialsConfig[]>;
  ask(helper: string, server: string): Promise<Credentials | undefined>;
}

function openDesk(world: World): Desk {
  let configs: Promise<readonly CredentialsConfig[]> | undefined;
  const answers = new Map<string, Promise<Credentials | undefined>>();
  return {
    world,
    configs: () => (configs ??= readConfigs(world)),
    ask(helper, server) {
      const key = `${helper} ${server}`;
      let answer = answers.get(key);
      if (answer === undefined) answers.set(key, (answer = helperNamed(helper, world).get(server)));
      return answer;
    },
  };
}

/** As docker does: the helper for this registry, else the general one; the file's own entries besides. */
async function credentialsIn(
  config: CredentialsConfig,
  { registry, repository }: AuthRequest,
  desk: Desk,
): Promise<Credentials | undefined> {
  const server = isHub(registry) ? hubServer : registry;
  const special = longestMatch(config.helpers, registry, repository);
  if (special && special.value !== '') {
    const found = await desk.ask(special.value, means(special.key, registry) ? server : special.key);
    if (found) return found;
  } else if (!special && config.store !== undefined) {
    const found = await fromStore(config.store, server, desk);
    if (found) return found;
  }
  const entry = longestMatch(
    config.auths.flatMap(([key, one]) => {
      const login = readEntry(one);
      return login === undefined ? [] : [[key, login] as const];
    }),
    registry,
    repository,
  );
  return entry && { ...entry.value, from: config.origin };
}

/**
 * The general helper is asked about every registry, most of which need no login, and configs are copied to machines
 * that lack it: its failure is told and not fatal.
 */
async function fromStore(helper: string, server: string, { ask, world }: Desk): Promise<Credentials | undefined> {
  try {
    return await ask(helper, server);
  } catch (error) {
    if (world.signal.aborted) throw error;
    const message = error instanceof Error ? error.message : String(error);
    world.report({ type: 'notice', level: 'warning', code: 'CREDENTIAL_STORE', message });
    return undefined;
  }
}
