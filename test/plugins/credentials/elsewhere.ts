/** Hosts of the world outside, played by servers of this process: what is asked of any other host fails and is told. */
import type { HttpClient } from '../../../core/index.ts';
import { createHttp } from '../../../core/registry/http.ts';
import { fakeWorld, type FakeWorld, type FakeWorldOptions } from '../../../core/testing/index.ts';
import { scriptedServer, type Received, type Script } from '../../core/registry/scripted-server.ts';

type Hosts = Readonly<Record<string, Script>>;

/** A client whose hosts are played. */
export interface Played extends AsyncDisposable {
  readonly network: HttpClient;
  /** `POST https://api.ecr.eu-west-1.amazonaws.com/`, also what failed for want of the host. */
  readonly asked: string[];
  readonly received: readonly Received[];
}

/** By origin: who answers there. */
export async function played(hosts: Hosts): Promise<Played> {
  const asked: string[] = [];
  const server = await scriptedServer(async (request, response) => {
    const origin = request.headers['x-test-origin'] as string;
    await hosts[origin]!(request, response);
  });
  const http = createHttp({ env: {} });
  const network: HttpClient = {
    request(request) {
      const { url, headers, method } = request;
      asked.push(`${method} ${url.origin}${url.pathname}`);
      if (!Object.hasOwn(hosts, url.origin)) return Promise.reject(new Error(`nobody plays ${url.origin}`));
      const there = new URL(`${url.pathname}${url.search}`, server.url);
      return http.request({ ...request, url: there, headers: { ...headers, 'x-test-origin': url.origin } });
    },
  };
  return {
    network,
    asked,
    received: server.received,
    async [Symbol.asyncDispose]() {
      await http.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** A world in such a network. */
export async function elsewhere(
  hosts: Hosts,
  options: Omit<FakeWorldOptions, 'network'> = {},
): Promise<Played & { readonly world: FakeWorld }> {
  const there = await played(hosts);
  const world = fakeWorld({ ...options, network: there.network });
  return {
    ...there,
    world,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await there[Symbol.asyncDispose]();
    },
  };
}
