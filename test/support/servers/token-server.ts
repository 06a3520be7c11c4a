/** A bearer-token server as the Distribution specification describes it (token authentication, RS256 with x5c). */
import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { createSign, randomUUID, X509Certificate } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Certificate } from './certificates.ts';
import { readCertificate } from './certificates.ts';

export type Action = 'pull' | 'push' | 'delete';

/** What somebody may do to a repository; `user` is undefined for who did not log in. */
export type AccessRule = (user: string | undefined, repository: string) => readonly Action[];

export interface TokenServerOptions {
  readonly signer: Certificate;
  readonly users?: Readonly<Record<string, string>>;
  readonly allow?: AccessRule;
}

/** One question for a token, without the password. */
export interface TokenRequest {
  readonly method: string;
  readonly user: string | undefined;
  readonly scopes: readonly string[];
  readonly grant: string;
  readonly status: number;
}

export interface TokenServer extends AsyncDisposable {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  requests(): readonly TokenRequest[];
  clearRequests(): void;
  /** Seconds a token lasts. The registry allows 60 s more, so that -55 means 5 s. */
  setLifetime(seconds: number): void;
  /** From now on this refresh token is the user's. */
  acceptRefresh(token: string, user: string): void;
  /** A token for everything in a repository, without asking. */
  mint(repository: string): string;
  stop(): Promise<void>;
}

/** alice may do all, bob may pull, anybody may pull `pub/*`. */
export const defaultUsers = { alice: 's3cret', bob: 'pull0nly' };

export const defaultRule: AccessRule = (user, repository) => {
  if (user === 'alice') return ['pull', 'push', 'delete'];
  return user === 'bob' || repository.startsWith('pub/') ? ['pull'] : [];
};

interface Access {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

const service = 'test-registry';
const issuer = 'test-issuer';
const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Starts the token server on a free loopback port. */
export async function startTokenServer(options: TokenServerOptions): Promise<TokenServer> {
  const { cert, key } = await readCertificate(options.signer);
  const header = base64url({ typ: 'JWT', alg: 'RS256', x5c: [new X509Certificate(cert).raw.toString('base64')] });
  const desk = {
    users: options.users ?? defaultUsers,
    allow: options.allow ?? defaultRule,
    refresh: new Map<string, string>(),
  };
  let lifetime = 300;
  let log: TokenRequest[] = [];
  const sign = (subject: string, access: readonly Access[]): string => {
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now, nbf: now - 5, exp: now + lifetime };
    const body = `${header}.${base64url({ iss: issuer, sub: subject, aud: service, ...times, jti: randomUUID(), access })}`;
    return `${body}.${createSign('RSA-SHA256').update(body).sign(key, 'base64url')}`;
  };
  const server = createServer((request, response) => {
    void answer(request, desk).then((reply) => {
      log.push({ ...reply.seen, method: request.method ?? '', status: reply.status });
      response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
      if (reply.access === undefined) return response.end(JSON.stringify({ errors: [{ code: 'UNAUTHORIZED' }] }));
      const token = sign(reply.seen.user ?? '', reply.access);
      const refresh = reply.refresh === undefined ? {} : { refresh_token: reply.refresh };
      const issued = { expires_in: lifetime, issued_at: new Date().toISOString() };
      return response.end(JSON.stringify({ token, access_token: token, ...issued, ...refresh }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
  return {
    realm: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    service,
    issuer,
    requests: () => [...log],
    clearRequests: () => {
      log = [];
    },
    setLifetime: (seconds) => {
      lifetime = seconds;
    },
    acceptRefresh: (token, user) => void desk.refresh.set(token, user),
    mint: (repository) => sign('test', [{ type: 'repository', name: repository, actions: ['pull', 'push', 'delete'] }]),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

interface Desk {
  readonly users: Readonly<Record<string, string>>;
  readonly allow: AccessRule;
  /** Refresh token → user. */
  readonly refresh: Map<string, string>;
}

interface Reply {
  readonly status: number;
  readonly seen: Omit<TokenRequest, 'method' | 'status'>;
  readonly headers?: Record<string, string>;
  readonly access?: readonly Access[];
  readonly refresh?: string;
}

async function answer(request: IncomingMessage, desk: Desk): Promise<Reply> {
  const query = await parameters(request);
  const scopes = query
    .getAll('scope')
    .flatMap((scope) => scope.split(' '))
    .filter((scope) => scope !== '');
  const { grant, user, known } = identify(request, query, desk);
  const seen = { user, scopes, grant };
  if (!known) return { status: 401, seen, headers: { 'www-authenticate': 'Basic realm="tokens"' } };
  const access = scopes.flatMap((scope): Access[] => {
    const parts = /^([^:]+):(.+):([^:]+)$/.exec(scope);
    if (parts === null) return [];
    const [, type = '', name = '', asked = ''] = parts;
    const granted = desk.allow(user, name) as readonly string[];
    return [{ type, name, actions: asked.split(',').filter((action) => granted.includes(action)) }];
  });
  const offline = query.get('offline_token') === 'true' || query.get('access_type') === 'offline';
  if (user === undefined || !offline) return { status: 200, seen, access };
  const refresh = randomUUID();
  desk.refresh.set(refresh, user);
  return { status: 200, seen, access, refresh };
}

async function parameters(request: IncomingMessage): Promise<URLSearchParams> {
  if (request.method !== 'POST') return new URL(request.url ?? '', 'http://x').searchParams;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

function identify(
  request: IncomingMessage,
  query: URLSearchParams,
  desk: Desk,
): { grant: string; user: string | undefined; known: boolean } {
  const password = (name: string, given: string | null): boolean =>
    Object.hasOwn(desk.users, name) && desk.users[name] === given;
  const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '');
  if (basic !== null) {
    const [name = '', given = ''] = Buffer.from(basic[1]!, 'base64').toString().split(/:(.*)/s);
    return { grant: 'basic', user: name, known: password(name, given) };
  }
  const grant = query.get('grant_type') ?? 'anonymous';
  if (grant === 'password') {
    const name = query.get('username') ?? '';
    return { grant, user: name, known: password(name, query.get('password')) };
  }
  if (grant === 'refresh_token') {
    const user = desk.refresh.get(query.get('refresh_token') ?? '');
    return { grant, user, known: user !== undefined };
  }
  return { grant, user: undefined, known: true };
}
