/** Every plugin of ours passes the checks that other people's are given. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import {
  archiveWriter,
  type ImageRequest,
  type Layer,
  type Platform,
  type Plugin,
  type Store,
} from '../../core/index.ts';
import {
  cacheContract,
  contextSourceContract,
  credentialContract,
  fakeRegistry,
  imageSourceContract,
  isolationContract,
  outputContract,
  readTree,
  treeImage,
  type Check,
  type CredentialSubject,
  type FakeWorldOptions,
  type OutputSubject,
  type Tree,
} from '../../core/testing/index.ts';
import { azureCredentials } from '../../plugins/azure-credentials/index.ts';
import { dockerCredentials } from '../../plugins/docker-credentials/index.ts';
import { ecrCredentials } from '../../plugins/ecr-credentials/index.ts';
import { environmentCredentials } from '../../plugins/environment-credentials/index.ts';
import { gitlabCredentials } from '../../plugins/gitlab-credentials/index.ts';
import { googleCredentials } from '../../plugins/google-credentials/index.ts';
import { hostIsolations } from '../../plugins/host-isolations/index.ts';
import { localContext } from '../../plugins/local-context/index.ts';
import { nodeRuntime } from '../../plugins/node-runtime/index.ts';
import { outputs } from '../../plugins/outputs/index.ts';
import { registryPlugin } from '../../plugins/registry/index.ts';
import { stdinContext } from '../../plugins/stdin-context/index.ts';
import { storePlugin } from '../../plugins/store/index.ts';
import { tarContext } from '../../plugins/tar-context/index.ts';
import { played as playedNetwork } from '../plugins/credentials/elsewhere.ts';
import { fakeExchange, fakeMachine, jwtUntil } from '../plugins/credentials/fake-azure.ts';
import { fakeEcr } from '../plugins/credentials/fake-ecr.ts';
import { fakeMetadata } from '../plugins/credentials/fake-google.ts';
import { archiveTree, imageTree, layoutTree } from './read-back.ts';

function pass(name: string, checks: readonly Check[]): void {
  describe(name, () => {
    for (const check of checks)
      test(check.name, async (context) => {
        const { skipped } = await check.run();
        // A promise that does not apply says why: nothing was left out.
        if (skipped !== undefined) await context.annotate(skipped);
      });
  });
}

const holds: Tree = {
  '/Dockerfile': 'FROM scratch\n',
  '/bin/run': { file: '#!/bin/sh\n', mode: 0o755 },
  '/link': { link: 'bin/run' },
  '/empty': { directory: true },
  '/bytes': new Uint8Array([0, 255, 10]),
};

describe('contexts', () => {
  pass(
    'local-context',
    contextSourceContract(() => ({
      plugin: localContext(),
      world: { files: Object.fromEntries(Object.entries(holds).map(([path, node]) => [`/app${path}`, node])) },
      good: 'app',
      holds,
      missing: 'absent',
    })),
  );
  pass(
    'local-context, dir://',
    contextSourceContract(() => ({
      plugin: localContext(),
      world: { files: { '/app/a': 'hi' } },
      good: 'dir://app',
      holds: { '/a': 'hi' },
      missing: 'dir://absent',
    })),
  );
  pass(
    'tar-context',
    contextSourceContract(async () => ({
      plugin: tarContext(),
      world: { files: { '/app.tar': await tarOf({ Dockerfile: 'FROM scratch\n', 'sub/a': 'hi' }) } },
      good: 'tar://app.tar',
      holds: { '/Dockerfile': 'FROM scratch\n', '/sub/a': 'hi' },
      missing: 'tar://absent.tar',
    })),
  );
  pass(
    'stdin-context',
    contextSourceContract(async () => ({
      plugin: stdinContext(),
      world: { stdin: await tarOf({ Dockerfile: 'FROM scratch\n', 'sub/a': 'hi' }) },
      good: '-',
      holds: { '/Dockerfile': 'FROM scratch\n', '/sub/a': 'hi' },
      missing: { location: '-', world: { stdin: '' } },
    })),
  );
  pass(
    'tar-context',
    contextSourceContract(async () => {
      const folder = mkdtempSync(join(tmpdir(), 'strake-tar-contract-'));
      writeFileSync(join(folder, 'app.tar'), await tarOf({ Dockerfile: 'FROM scratch\n', 'sub/a': 'hi' }));
      return {
        plugin: tarContext(),
        good: `tar://${join(folder, 'app.tar')}`,
        holds: { '/Dockerfile': 'FROM scratch\n', '/sub/a': 'hi' },
        missing: `tar://${join(folder, 'none.tar')}`,
        close: () => rmSync(folder, { recursive: true }),
      };
    }),
  );
});

async function tarOf(files: Readonly<Record<string, string>>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const archive = archiveWriter(async (chunk) => void chunks.push(Uint8Array.from(chunk)));
  for (const [name, text] of Object.entries(files)) await archive.file(name, text.length, [Buffer.from(text)]);
  await archive.end();
  return Buffer.concat(chunks);
}

describe('credentials', () => {
  const login = { username: 'me', password: 'pass-word-of-the-check' };
  const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64');
  const known = { registry: 'registry.example:5000', repository: 'team/app' };
  pass(
    'docker-credentials, config.json',
    credentialContract(() => ({
      plugin: dockerCredentials(),
      world: { home: { '/.docker/config.json': JSON.stringify({ auths: { [known.registry]: { auth } } }) } },
      known,
      gives: login,
    })),
  );
  pass(
    'docker-credentials, DOCKER_AUTH_CONFIG',
    credentialContract(() => ({
      plugin: dockerCredentials(),
      world: { env: { DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [known.registry]: { auth } } }) } },
      known,
      gives: login,
    })),
  );
  pass(
    'docker-credentials, a helper',
    credentialContract(() => {
      const folder = mkdtempSync(join(tmpdir(), 'strake-helper-'));
      const answer = JSON.stringify({ ServerURL: known.registry, Username: login.username, Secret: login.password });
      writeFileSync(join(folder, known.registry), answer);
      writeFileSync(
        join(folder, 'docker-credential-check'),
        [
          '#!/bin/sh',
          'input=$(cat); cd "$(dirname "$0")" || exit',
          `[ "$1" = store ] && { echo "$input" > "$(echo "$input" | sed 's/.*"ServerURL":"\\([^"]*\\)".*/\\1/')"; exit; }`,
          '[ -e "$input" ] || { echo credentials not found in native keychain; exit 1; }',
          'if [ "$1" = get ]; then cat "$input"; else rm "$input"; fi',
        ].join('\n'),
        { mode: 0o755 },
      );
      return {
        plugin: dockerCredentials(),
        world: {
          env: { PATH: `${folder}:/usr/bin:/bin` },
          home: { '/.docker/config.json': JSON.stringify({ credsStore: 'check' }) },
        },
        known,
        gives: login,
        close: () => rmSync(folder, { recursive: true }),
      };
    }),
  );
});

describe('credentials of clouds, played', () => {
  const played = async (
    plugin: Plugin,
    at: string,
    gives: CredentialSubject['gives'],
    world: FakeWorldOptions,
    hosts: Parameters<typeof playedNetwork>[0],
  ) => {
    const there = await playedNetwork(hosts);
    return {
      plugin,
      world: { ...world, network: there.network },
      known: { registry: at, repository: 'team/app' },
      gives,
      close: () => there[Symbol.asyncDispose](),
    };
  };
  const now = Date.parse('2024-01-01T00:00:00Z') / 1000;
  pass(
    'ecr-credentials',
    credentialContract(() => {
      const keys = { id: 'AKIAEXAMPLE', secret: 'aws-secret-of-the-check' };
      const host = 'api.ecr.eu-west-1.amazonaws.com';
      const facts = {
        ...keys,
        host,
        region: 'eu-west-1',
        expiresAt: now + 43_200,
        password: 'ecr-password-of-the-check',
      };
      return played(
        ecrCredentials(),
        '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
        { username: 'AWS', password: facts.password },
        { env: { AWS_ACCESS_KEY_ID: keys.id, AWS_SECRET_ACCESS_KEY: keys.secret } },
        { [`https://${host}`]: fakeEcr(facts) },
      );
    }),
  );
  pass(
    'google-credentials',
    credentialContract(() =>
      played(
        googleCredentials(),
        'europe-west1-docker.pkg.dev',
        { username: 'oauth2accesstoken', password: 'google-token-of-the-check' },
        { env: { GCE_METADATA_HOST: 'metadata.test' } },
        { 'http://metadata.test': fakeMetadata('google-token-of-the-check') },
      ),
    ),
  );
  pass(
    'azure-credentials',
    credentialContract(() => {
      const resources = ['https://containerregistry.azure.net'];
      const token = jwtUntil(now + 10_800);
      return played(
        azureCredentials(),
        'contoso.azurecr.io',
        { token },
        {},
        {
          'http://169.254.169.254': fakeMachine(resources),
          'https://contoso.azurecr.io': fakeExchange('contoso.azurecr.io', resources, token),
        },
      );
    }),
  );
  pass(
    'gitlab-credentials',
    credentialContract(() => ({
      plugin: gitlabCredentials(),
      world: { env: { CI_REGISTRY: 'registry.gitlab.example', CI_JOB_TOKEN: 'job-token-of-the-check' } },
      known: { registry: 'registry.gitlab.example', repository: 'group/project' },
      gives: { username: 'gitlab-ci-token', password: 'job-token-of-the-check' },
    })),
  );
  pass(
    'environment-credentials',
    credentialContract(() => ({
      plugin: environmentCredentials(),
      world: { env: { KANIKO_REGISTRY_TEST_USER: 'me', KANIKO_REGISTRY_TEST_PASSWORD: 'pass-word-of-the-check' } },
      known: { registry: 'registry.test', repository: 'team/app' },
      gives: { username: 'me', password: 'pass-word-of-the-check' },
    })),
  );
});

describe('outputs', () => {
  const toFile = (
    type: string,
    dest: string,
    read: (path: string, platform: Platform) => Promise<Tree | undefined>,
    more: Partial<OutputSubject> & { readonly options?: readonly (readonly [string, string])[] } = {},
  ): (() => OutputSubject) => {
    const { options = [], ...rest } = more;
    return () => ({
      plugin: outputs(),
      type,
      names: ['registry.example/team/app:1'],
      spec: () => ({ dest, options }),
      read: ({ world }, platform) => read(join(world.cwd, dest), platform),
      ...rest,
    });
  };
  pass('oci, a tar', outputContract(toFile('oci', 'out/image.tar', archiveTree)));
  pass('oci, a directory', outputContract(toFile('oci', 'image', layoutTree, { options: [['tar', 'false']] })));
  pass('docker', outputContract(toFile('docker', 'image.tar', archiveTree, { platforms: 'one' })));
  pass('local', outputContract(toFile('local', 'tree', localTree)));

  pass(
    'registry',
    outputContract(async () => {
      const registry = await fakeRegistry();
      const name = `${registry.host}/team/app:1`;
      return {
        plugin: registryPlugin(),
        world: { network: 'loopback' },
        settings: { insecureRegistries: [registry.host] },
        names: [name],
        read: (_, platform) => registry.files(name, platform).catch(() => undefined),
        close: () => registry[Symbol.asyncDispose](),
      };
    }),
  );
  pass(
    'store',
    outputContract(() => ({
      plugin: storePlugin(),
      names: ['team/app:1'],
      async read({ workshop: { store } }, platform) {
        const [image] = await store.images.list();
        return image && imageTree(image.manifest, platform, (digest) => blobOf(store, digest));
      },
    })),
  );
});

/** One folder a platform, where there are several. */
async function localTree(path: string, { os, architecture }: Platform): Promise<Tree | undefined> {
  const own = join(path, `${os}_${architecture}`);
  return existsSync(own) ? readTree(own) : existsSync(path) ? readTree(path) : undefined;
}

async function blobOf(store: Store, digest: Layer['descriptor']['digest']): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.blobs.open(digest)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('caches', () => {
  pass(
    'store',
    cacheContract(() => ({ plugin: storePlugin() })),
  );
});

describe('images', () => {
  pass(
    'registry',
    imageSourceContract(async () => {
      const registry = await fakeRegistry();
      await registry.put('team/base:1', { '/etc/os-release': 'ID=none\n', '/bin/sh': { link: 'busybox' } });
      return {
        plugin: registryPlugin(),
        world: { network: 'loopback' },
        settings: { insecureRegistries: [registry.host] },
        good: `${registry.host}/team/base:1`,
        holds: { '/etc/os-release': 'ID=none\n', '/bin/sh': { link: 'busybox' } },
        missing: `${registry.host}/team/base:2`,
        close: () => registry[Symbol.asyncDispose](),
      };
    }),
  );
  pass(
    'store',
    imageSourceContract(() => ({
      plugin: storePlugin(),
      good: 'team/base:1',
      holds: { '/a': 'hi' },
      missing: 'team/base:2',
      async prepare({ workshop }) {
        const [output] = workshop.offers.outputs;
        const names = ['team/base:1'];
        const spec = { type: 'store', forceCompression: false, rewriteTimestamp: false, options: [] };
        const image = { name: 'base' } as ImageRequest;
        const session = await output!.begin({ image, spec, names, platforms: [], blobs: workshop.blobs }, workshop);
        await session.finish(await treeImage(workshop.store, { '/a': 'hi' }));
      },
    })),
  );
  pass(
    'node-runtime',
    imageSourceContract(() => ({
      // Any program will do for node, and packs faster.
      plugin: nodeRuntime({ node: '/bin/true', programs: ['cat'] }),
      world: { env: { PATH: process.env['PATH'] } },
      good: 'node-runtime',
      missing: 'node-runtime:2',
    })),
  );
});

describe('isolations', () => {
  pass(
    'assemble',
    isolationContract(() => ({ plugin: hostIsolations(), name: 'assemble' })),
  );
});
