/** One of each: servers that want a login, and the login in one of the forms in which it can be given. */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fakeEcr } from '../../plugins/credentials/fake-ecr.ts';
import { busyboxBase } from '../../support/bases.ts';
import { startAzurite } from '../../support/servers/azurite.ts';
import type { Authority } from '../../support/servers/certificates.ts';
import { startFileServer } from '../../support/servers/file-server.ts';
import { startGcsEmulator } from '../../support/servers/gcs-emulator.ts';
import { startGitHttp } from '../../support/servers/git-http.ts';
import { startGitSsh } from '../../support/servers/git-ssh.ts';
import { startGoogleIdentity } from '../../support/servers/google-identity.ts';
import { startMutualTlsRegistry } from '../../support/servers/mutual-tls-registry.ts';
import { startOutside, type Player } from '../../support/servers/outside.ts';
import { startRecordingProxy, type RecordedRequest } from '../../support/servers/recording-proxy.ts';
import { startRegistry, type RegistryOptions, type TestRegistry } from '../../support/servers/registry.ts';
import { startS3 } from '../../support/servers/s3.ts';
import { squidLogin, startSquid } from '../../support/servers/squid.ts';
import { startWebServer, webUser } from '../../support/servers/web-server.ts';
import { writeTar } from '../../support/raw-tar.ts';
import { writeFiles } from '../e2e/scene.ts';
import { commit, makeRepositories } from '../contexts/git-scene.ts';

/** What one server, with its login, brings into a build. */
export interface Login {
  /** What nobody may be told. */
  readonly secrets: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Named contexts of the config; each has a file `mark` with `mark of NAME`. */
  readonly contexts?: Readonly<Record<string, unknown>>;
  /** More of them, with the login in their location. */
  readonly locations?: Readonly<Record<string, string>>;
  /** Expressions of the config. */
  readonly plugins?: readonly string[];
  /** `settings.registries` of the config. */
  readonly registries?: Readonly<Record<string, object>>;
  /** A base image that is not for everybody. */
  readonly base?: string;
  /** Where the image goes. */
  readonly destinations?: readonly string[];
  readonly caches?: readonly string[];
  /** Of docker's config.json. */
  readonly docker?: { readonly auths?: object; readonly credHelpers?: object };
  /** Values of `Authorization` with which somebody was let in. */
  readonly received?: () => readonly (string | undefined)[];
  /** Folders of servers in which the build stored what it made. */
  readonly stored?: readonly string[];
}

/** A folder of the test's own for keys and files of credentials, and for what is to be cleaned up after all. */
export interface Ground {
  readonly folder: string;
  readonly authority: Authority;
  readonly open: AsyncDisposableStack;
}

const secret = (what: string): string => `${what}-${randomBytes(9).toString('hex')}`;
const marked = (name: string): Buffer => writeTar([{ path: 'mark', content: `mark of ${name}` }]);
/** A line from the middle of a PEM file: what makes it secret. */
const heart = async (file: string): Promise<string> => (await readFile(file, 'utf8')).trim().split('\n').at(-2)!;

/** Repositories: a password, a token, a token in the general variable, a key. */
async function repositories({ folder, open }: Ground): Promise<Login> {
  const { root, work, publish } = open.use(await makeRepositories());
  for (const name of ['basic', 'bearer', 'general', 'inline', 'ssh']) {
    await commit(work, { mark: `mark of ${name}` });
    await publish(work, `${name}.git`);
  }
  const [password, inline, token, general] = ['git-password', 'git-url', 'git-token', 'git-general'].map(secret) as [
    string,
    string,
    string,
    string,
  ];
  const server = async (login: Parameters<typeof startGitHttp>[0]['login']) =>
    open.use(await startGitHttp({ root, ...(login && { login }) }));
  const basic = await server({ basic: { username: 'alice', password } });
  const url = await server({ basic: { username: 'bob', password: inline } });
  const bearer = await server({ bearer: token });
  const any = await server({ bearer: general });
  await writeFiles(folder, { 'keys/.keep': '' });
  const ssh = open.use(await startGitSsh(join(folder, 'keys')));
  const { key: sshKey, knownHosts } = ssh;
  return {
    secrets: [password, inline, token, general, await heart(sshKey)],
    env: { GIT_WORD: password, GIT_ROBOT: token, GIT_TOKEN: general },
    contexts: {
      basic: { location: `${basic.url}/basic.git`, git: { username: 'alice', passwordEnv: 'GIT_WORD' } },
      bearer: { location: `${bearer.url}/bearer.git`, git: { tokenEnv: 'GIT_ROBOT', auth: 'bearer' } },
      general: `${any.url}/general.git`,
      ssh: { location: `${ssh.url}${root}/ssh.git`, git: { sshKey, knownHosts } },
    },
    locations: { inline: `${url.url.replace('://', `://bob:${inline}@`)}/inline.git` },
    received: () => [basic, url, bearer, any].flatMap((it) => it.requests().map(({ authorization }) => authorization)),
  };
}

/** Web servers: a password, a token, a client certificate, a file of logins, a proxy with a login. */
async function web({ folder, open }: Ground): Promise<Login> {
  const server = open.use(await startWebServer());
  const { username, password } = webUser;
  for (const name of ['web', 'netrc']) await server.put(`private/${name}.tar`, marked(name));
  for (const name of ['mutual', 'proxied']) await server.put(`${name}.tar`, marked(name));
  const token = secret('web-token');
  const files = open.use(await startFileServer(marked('token'), { token }));
  const squid = open.use(await startSquid({ 'files.test': '127.0.0.1' }));
  const netrc = join(folder, 'netrc');
  await writeFile(netrc, `machine 127.0.0.1 login ${username} password ${password}\n`);
  const { caFile: ca } = server.authority;
  const { certFile: cert, keyFile: key } = server.client;
  return {
    secrets: [password, token, squidLogin.password, await heart(key)],
    env: { WEB_WORD: password, WEB_TOKEN: token, NETRC: netrc, HTTP_PROXY: squid.url },
    contexts: {
      web: { location: `${server.url}/private/web.tar`, http: { username, passwordEnv: 'WEB_WORD', ca } },
      netrc: `${server.plainUrl}/private/netrc.tar`,
      mutual: { location: `${server.mutualUrl}/mutual.tar`, http: { cert, key, ca } },
      proxied: `http://files.test:${server.plainPort}/proxied.tar`,
      token: { location: files.url, http: { tokenEnv: 'WEB_TOKEN' } },
    },
    received: () => [
      `Basic ${base64(`${username}:${password}`)}`,
      `Basic ${base64(`${squidLogin.username}:${squidLogin.password}`)}`,
    ],
  };
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Clouds: keys of S3 for a context and a cache, a key and a SAS of Azure, a service account of Google, a login of ECR. */
async function clouds({ folder, authority, open }: Ground): Promise<Login> {
  const [s3, azurite, emulator, google] = await Promise.all([
    startS3(),
    startAzurite(),
    startGcsEmulator(),
    startGoogleIdentity(),
  ]);
  for (const it of [azurite, emulator, google]) open.use(it);
  open.defer(() => s3.stop());
  for (const bucket of ['contexts', 'builds']) await s3.createBucket(bucket);
  await s3.put('contexts', 's3.tar', marked('s3'));
  for (const name of ['azure', 'sas']) await azurite.put('private', `${name}.tar`, marked(name));
  const sas = azurite.sas('private', 'sas.tar', new Date(Date.now() + 3_600_000));
  await emulator.put('private', 'gcs.tar', marked('gcs'));
  const gate = await startRecordingProxy({ upstreamPort: emulator.port });
  open.defer(() => gate.stop());
  const denied = { status: 401, body: '{"error":{"code":401,"message":"Invalid Credentials"}}' };
  gate.intercept(({ headers }) => (google.lets(headers.authorization) ? undefined : denied));
  const account = join(folder, 'google.json');
  await writeFile(account, JSON.stringify(google.files.serviceAccount()));
  const ecr = await elasticRegistry(authority, open, s3.keys);
  const { AWS_ACCESS_KEY_ID: id, ...rest } = s3.environment();
  return {
    secrets: [s3.keys.secret, azurite.key, /sig=([^&]+)/.exec(sas)![1]!, ...google.secrets(), ecr.password],
    env: {
      ...rest,
      AWS_ACCESS_KEY_ID: id!,
      AZURE_STORAGE_CONNECTION_STRING: azurite.connectionString(),
      ...ecr.env,
    },
    plugins: [
      `(await import('strake/plugins/azure-context')).azureContext({ endpoint: '${azurite.url}' })`,
      `(await import('strake/plugins/gcs-context')).gcsContext({ endpoint: 'http://127.0.0.1:${gate.port}/', credentials: '${account}' })`,
    ],
    contexts: {
      s3: 's3://contexts/s3.tar',
      azure: 'azblob://teststore/private/azure.tar',
      gcs: 'gs://private/gcs.tar',
    },
    locations: { sas: `${azurite.url}/private/sas.tar?${sas}` },
    destinations: [`${ecr.host}/team/app`],
    caches: [`type=s3,bucket=builds,region=us-east-1,endpoint_url=${s3.endpoint},use_path_style=true`],
    received: () => [...gate.requests(), ...s3.requests()].map(({ headers }) => headers.authorization),
    stored: [ecr.storage, s3.storage],
  };
}

/** Debian's registry under a name of Amazon's; who gives out its password is a strict fake. */
async function elasticRegistry(
  authority: Authority,
  open: AsyncDisposableStack,
  keys: { readonly id: string; readonly secret: string },
): Promise<
  Pick<TestRegistry, 'host' | 'storage'> & { readonly password: string; readonly env: Record<string, string> }
> {
  const password = secret('ecr-password');
  const { url, storage } = open.use(await startRegistry({ auth: 'basic', users: { AWS: password } }));
  const [host, api] = ['123456789012.dkr.ecr.us-east-1.amazonaws.com', 'api.ecr.us-east-1.amazonaws.com'];
  const script = fakeEcr({ ...keys, host: api, region: 'us-east-1', expiresAt: Date.now() / 1000 + 43_200, password });
  const player: Player = ({ method, url: path, headers }: IncomingMessage, body: string, response: ServerResponse) =>
    void script({ method: method!, path: path!, headers, body }, response);
  const outside = open.use(await startOutside(authority, { [api]: player, [host]: url }));
  return { host, storage, password, env: outside.env };
}

/** Registries: docker's file, a helper, an identity token, a client certificate, kaniko's variables, GitLab's. */
async function registries({ folder, authority, open }: Ground): Promise<Login> {
  const users = {
    file: secret('of-the-file'),
    helper: secret('of-the-helper'),
    kaniko: secret('of-kaniko'),
    'gitlab-ci-token': secret('of-the-job'),
  };
  const start = async (options: RegistryOptions): Promise<TestRegistry> => open.use(await startRegistry(options));
  const [filed, helped, kaniko, gitlab, tokens] = (await Promise.all([
    ...(['file', 'helper', 'kaniko', 'gitlab-ci-token'] as const).map((user) =>
      start({ auth: 'basic', users: { [user]: users[user] } }),
    ),
    start({ auth: 'token' }),
  ] as const)) as [TestRegistry, TestRegistry, TestRegistry, TestRegistry, TestRegistry];
  const identity = secret('identity');
  tokens.tokens!.acceptRefresh(identity, 'alice');
  const mutual = open.use(await startMutualTlsRegistry(authority));
  const { certFile: cert, keyFile: key } = await authority.issue('builder', 'client');
  const helper = `#!/bin/sh\necho '{"Username":"helper","Secret":"${users.helper}"}'\n`;
  await writeFile(join(folder, 'docker-credential-here'), helper, { mode: 0o755 });
  // GitLab's login is the last that is asked for; kaniko's is for the host whatever its port.
  const localhost = gitlab.host.replace('127.0.0.1', 'localhost');
  const all = [filed, helped, kaniko, gitlab, tokens];
  await (await busyboxBase()).pushTo(filed);
  return {
    base: `${filed.host}/base/busybox`,
    secrets: [...Object.values(users), identity, await heart(key)],
    env: {
      PATH: `${folder}:/usr/sbin:/usr/bin:/sbin:/bin`,
      KANIKO_127_0_0_1_USER: 'kaniko',
      KANIKO_127_0_0_1_PASSWORD: users.kaniko,
      CI_REGISTRY: localhost,
      CI_JOB_TOKEN: users['gitlab-ci-token'],
    },
    docker: {
      auths: {
        [filed.host]: { auth: base64(`file:${users.file}`) },
        [tokens.host]: { auth: base64('alice:'), identitytoken: identity },
      },
      credHelpers: { [helped.host]: 'here' },
    },
    registries: { [mutual.host]: { ca: authority.caFile, cert, key } },
    destinations: [filed.host, helped.host, kaniko.host, localhost, tokens.host, mutual.host].map(
      (host) => `${host}/team/app`,
    ),
    caches: [`type=registry,ref=${helped.host}/team/cache`],
    received: () =>
      all.flatMap((it): readonly RecordedRequest[] => it.requests()).map(({ headers }) => headers.authorization),
    stored: all.map(({ storage }) => storage),
  };
}

/** All of them, in one build. */
export async function everyLogin(ground: Ground): Promise<Required<Login>> {
  const parts: Login[] = [];
  for (const part of [repositories, web, clouds, registries]) parts.push(await part(ground));
  const maps = (field: 'env' | 'contexts' | 'locations' | 'registries') =>
    Object.assign({}, ...parts.map((part) => part[field]));
  const lists = (field: 'secrets' | 'plugins' | 'destinations' | 'caches' | 'stored') =>
    parts.flatMap((part) => part[field] ?? []);
  return {
    secrets: lists('secrets'),
    env: maps('env') as Record<string, string>,
    contexts: maps('contexts') as Record<string, unknown>,
    locations: maps('locations') as Record<string, string>,
    registries: maps('registries') as Record<string, object>,
    plugins: lists('plugins'),
    destinations: lists('destinations'),
    caches: lists('caches'),
    stored: lists('stored'),
    base: parts.find(({ base }) => base !== undefined)!.base!,
    docker: Object.assign({}, ...parts.map(({ docker }) => docker)) as object,
    received: () => parts.flatMap(({ received }) => received?.() ?? []),
  };
}
