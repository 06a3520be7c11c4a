import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Digest } from '../base/brand.ts';
import type { Platform, RuntimeConfig } from '../oci/image.ts';
import { parseReference } from '../oci/reference.ts';
import { refuse, type Answer } from '../registry/server/answer.ts';
import { respond } from '../registry/server/respond.ts';
import { strictAnswers } from './registry/answers.ts';
import {
  cutShort,
  faultAnswer,
  faultScript,
  type FaultOptions,
  type Matching,
  type Trouble,
} from './registry/faults.ts';
import { imageFiles, putImage } from './registry/images.ts';
import { questionOf, type Question } from './registry/question.ts';
import type { Repositories } from './registry/shelves.ts';
import type { Tree } from './trees.ts';

export interface FakeRegistryOptions {
  /** Every request needs it. */
  readonly login?: { readonly username: string; readonly password: string };
}

export interface RegistryRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly status: number;
}

/** A registry in this process that forgives nothing: no blob of another repository, no stale upload, no wrong size. */
export interface FakeRegistry extends AsyncDisposable {
  /** `127.0.0.1:41234`, as in references. */
  readonly host: string;
  readonly url: URL;
  /** What came in and how it was answered; status 0: the connection was broken. */
  readonly requests: readonly RegistryRequest[];
  /** The same as text: `PUT /v2/app/manifests/1 201`. */
  lines(): string[];
  /** From now on requests that match meet this, each fault as often as it says. */
  fail(match: Matching, trouble: Trouble, options?: FaultOptions): void;
  /** Faults that no request has met. */
  unmet(): readonly string[];
  /** Puts an image of these files there: `put('app:1', { '/a': 'hi' })`. Several platforms become an index. */
  put(name: string, files: Tree | readonly PlatformFiles[], config?: Partial<RuntimeConfig>): Promise<Digest>;
  /** The files of an image that is there. */
  files(name: string, platform?: Platform): Promise<Tree>;
  readonly repositories: Repositories;
}

export interface PlatformFiles {
  readonly platform: Platform;
  readonly files: Tree;
}

/** Serves an OCI registry on loopback over plain HTTP, out of memory. */
export async function fakeRegistry(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
  const { createServer } = await import('node:http');
  const repositories: Repositories = new Map();
  const answer = strictAnswers(repositories);
  const requests: RegistryRequest[] = [];
  const faults = faultScript();

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const question = await questionOf(request);
    const { method, path } = question;
    const note = (status: number): void => void requests.push({ method, path, status });
    const fault = faults.take(question);
    if (fault?.trouble === 'reset') {
      note(0);
      request.socket.destroy();
      return;
    }
    const given =
      typeof fault?.trouble === 'number'
        ? faultAnswer(fault.trouble, fault.headers)
        : (refusalOf(question, options) ?? answer(question));
    note(given.status);
    if (fault?.trouble === 'truncate') cutShort(request, response, given);
    else await respond(request, response, given);
  };

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: new URL(`http://${host}/`),
    requests,
    repositories,
    lines: () => requests.map(({ method, path, status }) => `${method} ${path} ${status}`),
    fail: faults.add,
    unmet: faults.unmet,
    put: (name, files, config = {}) => putImage(repositories, placeOf(host, name), platformsOf(files), config),
    files: (name, platform) => imageFiles(repositories, placeOf(host, name), platform),
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Names as they are in references, with the host or without. */
function placeOf(host: string, name: string): { readonly repository: string; readonly name: string } {
  const { repository, tag, digest } = parseReference(name.startsWith(`${host}/`) ? name : `${host}/${name}`);
  return { repository, name: digest ?? tag ?? 'latest' };
}

const platformsOf = (files: Tree | readonly PlatformFiles[]): readonly PlatformFiles[] =>
  Array.isArray(files)
    ? (files as readonly PlatformFiles[])
    : [{ platform: { os: 'linux', architecture: 'amd64' }, files: files as Tree }];

function refusalOf({ headers }: Question, { login }: FakeRegistryOptions): Answer | undefined {
  if (!login) return undefined;
  const expected = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
  if (headers.authorization === expected) return undefined;
  return refuse(401, 'UNAUTHORIZED', 'log in first', { 'www-authenticate': 'Basic realm="fake registry"' });
}
