import { BuildError } from '../base/errors.ts';
import type { HttpResponse, TlsOptions } from '../contract/http.ts';
import { isLoopback } from './proxies.ts';

/** Where a registry is asked. */
export interface Endpoint {
  /** `https://registry.example:5000` */
  readonly base: URL;
  readonly tls?: TlsOptions;
}

export interface EndpointSettings {
  /** Hosts that may be asked over plain HTTP, or with a certificate nobody signed. */
  isInsecure(registry: string): boolean;
  /** A CA or a client certificate for this registry. */
  tlsOf(registry: string): Promise<TlsOptions | undefined>;
}

export interface Endpoints {
  /**
   * Runs a request where the registry is. The first request to a registry goes alone: it finds out which protocol is
   * spoken there, and the others need not learn by a refusal of their own what it learned.
   */
  ask(
    registry: string,
    run: (endpoint: Endpoint) => Promise<HttpResponse>,
  ): Promise<{ endpoint: Endpoint; response: HttpResponse }>;
  /** Is it known to be asked in plain HTTP? */
  isPlain(registry: string): boolean;
}

/** The host that answers for a name in references. */
export const apiHost = (registry: string): string =>
  registry === 'docker.io' || registry === 'index.docker.io' ? 'registry-1.docker.io' : registry;

export function createEndpoints(settings: EndpointSettings): Endpoints {
  const settled = new Map<string, Endpoint>();
  const leading = new Map<string, Promise<unknown>>();
  return {
    isPlain: (registry) => settled.get(registry)?.base.protocol === 'http:',
    async ask(registry, run) {
      for (;;) {
        const endpoint = settled.get(registry);
        if (endpoint !== undefined) return { endpoint, response: await run(endpoint) };
        const leader = leading.get(registry);
        if (leader === undefined) break;
        // Its failure is its caller's; the next in line tries for itself.
        await leader.catch(() => {});
      }
      const first = settings
        .tlsOf(registry)
        .then((tls) => firstThatAnswers(candidatesOf(registry, settings, tls), run));
      leading.set(registry, first);
      try {
        const answer = await first;
        settled.set(registry, answer.endpoint);
        return answer;
      } finally {
        leading.delete(registry);
      }
    },
  };
}

/** Where to look for a registry, most likely first. Only loopback and insecure ones are ever asked in the clear. */
export function candidatesOf(
  registry: string,
  { isInsecure }: Pick<EndpointSettings, 'isInsecure'>,
  known: TlsOptions | undefined,
): Endpoint[] {
  const host = apiHost(registry);
  const secure = new URL(`https://${host}`);
  const plain: Endpoint = { base: new URL(`http://${host}`) };
  if (isInsecure(registry)) return [{ base: secure, tls: { ...known, insecure: true } }, plain];
  const verified: Endpoint = { base: secure, ...(known ? { tls: known } : {}) };
  if (known !== undefined || !isLoopback(secure.hostname)) return [verified];
  return [plain, verified];
}

async function firstThatAnswers(candidates: readonly Endpoint[], run: (endpoint: Endpoint) => Promise<HttpResponse>) {
  let failure: { error: unknown } | undefined;
  for (const [at, endpoint] of candidates.entries()) {
    const last = at === candidates.length - 1;
    try {
      const response = await run(endpoint);
      if (last || !isWrongProtocol(endpoint, response)) return { endpoint, response };
      await response.discard();
    } catch (error) {
      // Of two failures the secure one's says more, unless nothing there speaks TLS at all.
      if (failure === undefined || !(BuildError.is(error) && error.code === 'TLS_FAILED')) failure = { error };
      if (last || !mayBeWrongProtocol(endpoint, error)) throw failure.error;
    }
  }
  throw failure?.error;
}

/** A TLS server that is asked in the clear says so with a 400 of its own. */
const isWrongProtocol = ({ base }: Endpoint, { status, headers }: HttpResponse): boolean =>
  base.protocol === 'http:' && status === 400 && headers['docker-distribution-api-version'] === undefined;

/** A TLS server that is asked in the clear hangs up or complains; one that falls silent only is slow. */
const mayBeWrongProtocol = ({ base }: Endpoint, error: unknown): boolean =>
  BuildError.is(error) &&
  (['TLS_FAILED', 'CONNECTION_LOST', 'HOST_UNREACHABLE'].includes(error.code) ||
    (error.code === 'HTTP_TIMEOUT' && base.protocol === 'https:'));
