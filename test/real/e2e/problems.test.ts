/**
 * What people meet first, each made for real: what it is called, what is said of it, what would help, how it ends. What
 * machines forbid is in doctor.test.ts.
 */
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { busyboxBase, busyboxMultiBase } from '../../support/bases.ts';
import { customBase } from '../../support/bases/base-image.ts';
import { busyboxImage } from '../../support/bases/busybox.ts';
import { checkout } from '../../support/checkout.ts';
import { openStrake, type StrakeResult, type StrakeWorld } from '../../support/cli.ts';
import { requirements } from '../../support/needs.ts';
import { userWithSubuids } from '../../support/ordinary-user.ts';
import { cleanEnv, run, tryRun, type RunResult } from '../../support/process.ts';
import { writeTar } from '../../support/raw-tar.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { eventsOf, freePort, good, writeFiles } from './scene.ts';
import { unfinished } from './whole-store.ts';

const { suite } = await requirements(import.meta.url, [
  'linux',
  'mounts',
  'subuid-user',
  'docker-registry',
  'busybox-static',
  'openssl',
  'apache2-utils',
]);

/** What a problem looks like on the terminal, in the words that must be there. */
interface Expected {
  readonly code: string;
  readonly exit: number;
  readonly says: readonly (string | RegExp)[];
}

function expectProblem(result: RunResult, { code, exit, says }: Expected): void {
  const { stderr } = result;
  expect(stderr).toMatch(new RegExp(`^✗ .* ${code}$`, 'm'));
  for (const text of says) {
    if (typeof text === 'string') expect(stderr).toContain(text);
    else expect(stderr).toMatch(text);
  }
  expect(stderr).not.toMatch(/\n +at .*\.ts:\d+/);
  expect(result.status).toBe(exit);
}

suite('in the Dockerfile and its context', () => {
  let registry: TestRegistry;
  beforeAll(async () => {
    registry = await startRegistry();
    await (await busyboxMultiBase()).pushTo(registry, 'base');
  });
  afterAll(() => registry.stop());

  const cases: readonly (readonly [
    what: string,
    files: Readonly<Record<string, string>>,
    args: readonly string[],
    Expected,
  ])[] = [
    [
      'a source that is not there, with the name that is nearly it',
      { Dockerfile: 'FROM scratch\nCOPY src/indx.ts /\n', 'src/index.ts': '' },
      ['.'],
      {
        code: 'COPY_SOURCE_MISSING',
        exit: 1,
        says: [
          'There is no "src/indx.ts" in the context.',
          'hint   Did you mean "src/index.ts"?',
          /❯ +2 │ COPY src\/indx/,
        ],
      },
    ],
    [
      'a source that is ignored',
      { Dockerfile: 'FROM scratch\nCOPY secret.txt /\n', 'secret.txt': '', '.dockerignore': '# all\n*.txt\n' },
      ['.'],
      {
        code: 'COPY_SOURCE_MISSING',
        exit: 1,
        says: [
          '"secret.txt" is excluded from the context by .dockerignore',
          'hint   A line !secret.txt at the end of .dockerignore',
        ],
      },
    ],
    [
      'a target that does not exist',
      { Dockerfile: 'FROM scratch AS builder\nFROM scratch AS final\n' },
      ['.', '--target', 'bilder'],
      { code: 'TARGET_UNKNOWN', exit: 2, says: ['No stage is called "bilder".', 'hint   Did you mean "builder"?'] },
    ],
    [
      'a base that is not there for the platform',
      { Dockerfile: 'FROM BASE\nCOPY Dockerfile /\n' },
      ['.', '--platform', 'linux/s390x'],
      {
        code: 'PLATFORM_NOT_OFFERED',
        exit: 2,
        says: [/\/base\S* has no linux\/s390x\./, 'hint   It is there for linux/amd64, linux/arm64.', /❯ +1 │ FROM/],
      },
    ],
    [
      'no Dockerfile, but one of another name',
      { 'Dockerfile.dev': 'FROM scratch\n' },
      ['.'],
      {
        code: 'DOCKERFILE_NOT_FOUND',
        exit: 2,
        says: ['No file at Dockerfile.', 'hint   Did you mean Dockerfile.dev? Name it with -f.'],
      },
    ],
    [
      'a Dockerfile that was named wrong',
      { 'docker/Dockerfile.prod': 'FROM scratch\n' },
      ['.', '-f', 'docker/Dockerfile.prd'],
      {
        code: 'DOCKERFILE_NOT_FOUND',
        exit: 2,
        says: ['No file at docker/Dockerfile.prd.', 'hint   Did you mean docker/Dockerfile.prod?'],
      },
    ],
    [
      'a context that does not exist',
      {},
      ['./nowhere'],
      { code: 'CONTEXT_NOT_FOUND', exit: 2, says: ['nowhere is no directory.'] },
    ],
    [
      'a word that is no instruction',
      { Dockerfile: 'FROM scratch\nCOYP a b\n' },
      ['.'],
      { code: 'INSTRUCTION_UNKNOWN', exit: 2, says: ['"COYP" is no instruction.', 'hint   Did you mean COPY?'] },
    ],
    [
      'an image name that cannot be one',
      { Dockerfile: 'FROM Some/Image\n' },
      ['.'],
      { code: 'REFERENCE_INVALID', exit: 2, says: ['"Some/Image" is no image reference', 'names are lower case'] },
    ],
    [
      'an image that is to be pushed nowhere',
      { Dockerfile: 'FROM scratch\nLABEL a=b\n' },
      ['.', '--push'],
      { code: 'PUSH_WITHOUT_NAME', exit: 2, says: ['nothing says where', '-t registry.example/team/app:1'] },
    ],
    [
      'an image that the config does not have',
      { 'build.config.ts': 'export default { images: { api: {}, worker: {} } };\n' },
      ['wroker'],
      { code: 'IMAGE_UNKNOWN', exit: 2, says: ['build.config.ts has no image "wroker".', 'Did you mean "worker"?'] },
    ],
    [
      'a folder that was taken for an image',
      { 'api/Dockerfile': 'FROM scratch\n' },
      ['api'],
      { code: 'IMAGE_UNKNOWN', exit: 2, says: ['hint   To build a folder, write it as a path: strake build ./api'] },
    ],
    [
      'a flag that does not exist',
      {},
      ['.', '--targt=x'],
      { code: 'USAGE', exit: 2, says: ['strake build has no flag --targt. Did you mean --target?'] },
    ],
    [
      'a part of the language that is not carried out yet',
      { Dockerfile: 'FROM scratch\nRUN --network=none true\n' },
      ['.'],
      {
        code: 'NOT_YET_SUPPORTED',
        exit: 2,
        says: ['is understood but not carried out yet', /❯ +2 │ RUN --network=none/],
      },
    ],
  ];
  it.for(cases)('%s', async ([, files, args, expected]) => {
    await using world = await openStrake();
    const { Dockerfile } = files;
    const real = Dockerfile === undefined ? {} : { Dockerfile: Dockerfile.replace('BASE', `${registry.host}/base`) };
    await writeFiles(world.work, { ...files, ...real });
    expectProblem(await world.strake(['build', ...args]), expected);
    await world.assertClean();
  });

  it('a build argument that nobody takes is a warning', async () => {
    await using world = await openStrake();
    await writeFiles(world.work, { Dockerfile: 'FROM scratch\nARG VERSION\nLABEL v=$VERSION\n' });
    const result = good(await world.strake(['build', '.', '--build-arg', 'VERSON=1', '--progress', 'json']));
    const warnings = eventsOf(result).filter((event) => event.type === 'notice');
    expect(warnings).toMatchObject([{ level: 'warning', message: expect.stringContaining('VERSON') as string }]);
    expect(warnings[0]!.message).toContain('VERSION');
    const plain = good(await world.strake(['build', '.', '--build-arg', 'VERSON=1']));
    expect(plain.stderr).toMatch(/^warning \w+: .*VERSON/m);
  });

  it('hundreds of megabytes of .git or node_modules that a COPY takes in are worth a word', async () => {
    await using world = await openStrake();
    await writeFiles(world.work, {
      Dockerfile: 'FROM scratch\nCOPY . /src\n',
      '.git/HEAD': '',
      'node_modules/a/b': '',
    });
    await truncate(join(world.work, '.git/HEAD'), 220 * 1024 * 1024);
    const result = good(await world.strake(['build', '.', '--progress', 'json']));
    const notices = eventsOf(result).filter((event) => event.type === 'notice');
    expect(notices).toMatchObject([
      {
        code: 'CONTEXT_LARGE',
        message: '[1/1] COPY . /src takes in .git, more than 200 MB.',
        hint: 'If the image does not need it, write .git into .dockerignore.',
      },
    ]);
    await writeFiles(world.work, { '.dockerignore': '.git\n' });
    expect(
      eventsOf(good(await world.strake(['build', '.', '--progress', 'json']))).map(({ type }) => type),
    ).not.toContain('notice');
  });

  it('a RUN that fails: its last lines, its place, its status and where all it said can be read', async () => {
    await using world = await openStrake();
    const script = 'for n in $(seq 1 500); do echo "line $n"; done; echo "it broke" >&2; exit 42';
    await writeFiles(world.work, { Dockerfile: `FROM ${registry.host}/base\n\nRUN ${script}\n` });
    const failed = await world.strake(['build', '.', '--metadata-file', 'meta.json']);
    expectProblem(failed, {
      code: 'RUN_EXITED',
      exit: 42,
      says: ['exited with status 42', '│ line 500', '│ it broke', 'Dockerfile:3   [2/2] RUN', /❯ +3 │ RUN for n/],
    });
    const log = /log {4}(\S+)/.exec(failed.stderr)![1]!;
    expect(log.startsWith(world.store)).toBe(true);
    expect((await readFile(log, 'utf8')).split('\n').slice(0, 2)).toEqual(['line 1', 'line 2']);
    const meta = JSON.parse(await readFile(join(world.work, 'meta.json'), 'utf8')) as Record<string, unknown>;
    expect(meta).toMatchObject({ 'strake.exit': 42, 'strake.problems': [{ code: 'RUN_EXITED', at: 'Dockerfile:3' }] });
    await world.assertClean();
  });
});

suite('of registries', () => {
  async function building(world: StrakeWorld, base: string, args: readonly string[] = []): Promise<StrakeResult> {
    await writeFiles(world.work, { Dockerfile: `FROM ${base}\nLABEL a=b\n` });
    return world.strake(['build', '.', '-t', 'app', ...args]);
  }

  it('nothing listens there', async () => {
    await using world = await openStrake();
    const host = `127.0.0.1:${await freePort()}`;
    const refused = await building(world, `${host}/base`);
    expectProblem(refused, {
      code: 'REGISTRY_UNREACHABLE',
      exit: 1,
      says: [`no answer from ${host}`, 'nothing listens there', /hint .*right name/s, /❯ +1 │ FROM/],
    });
  });

  it('a repository or a tag that is not there', async () => {
    await using world = await openStrake();
    await using registry = await startRegistry();
    await (await busyboxBase()).pushTo(registry, 'team/base:1.24.3');
    expectProblem(await building(world, `${registry.host}/taem/base`), {
      code: 'REGISTRY_NAME_UNKNOWN',
      exit: 1,
      says: [`${registry.host} has no repository "taem/base".`, 'hint   Check the name', /❯ +1 │ FROM/],
    });
    expectProblem(await building(world, `${registry.host}/team/base:1.24.2`), {
      code: 'MANIFEST_UNKNOWN',
      exit: 1,
      says: [`The registry has no ${registry.host}/team/base:1.24.2.`, 'hint   Did you mean the tag "1.24.3"?'],
    });
  });

  it('no login, or a wrong one', async () => {
    await using world = await openStrake();
    await using registry = await startRegistry({ auth: 'basic' });
    await (await busyboxBase()).pushTo(registry, 'base');
    const { host } = registry;
    expectProblem(await building(world, `${host}/base`), {
      code: 'REGISTRY_DENIED',
      exit: 1,
      says: [`${host} does not let us pull base`, `docker login ${host}`],
    });
    const login = async (password: string): Promise<void> => {
      const auth = Buffer.from(`alice:${password}`).toString('base64');
      await writeFiles(world.home, { '.docker/config.json': JSON.stringify({ auths: { [host]: { auth } } }) });
    };
    await login('wrong');
    const wrong = await building(world, `${host}/base`);
    expectProblem(wrong, { code: 'REGISTRY_DENIED', exit: 1, says: ['alice', 'Check that this login may pull there'] });
    expect(wrong.stderr).not.toContain('wrong');
    await login('s3cret');
    good(await building(world, `${host}/base`, ['-d', `${host}/app:1`]));
  });

  it('a certificate of a private authority', async () => {
    await using world = await openStrake();
    await using registry = await startRegistry({ tls: true });
    await (await busyboxBase()).pushTo(registry, 'base');
    const base = `localhost:${registry.port}/base`;
    expectProblem(await building(world, base), {
      code: 'TLS_UNTRUSTED',
      exit: 1,
      says: [
        `localhost:${registry.port}`,
        'NODE_EXTRA_CA_CERTS',
        `/etc/docker/certs.d/localhost:${registry.port}/ca.crt`,
      ],
    });
    const trusting = { env: { SSL_CERT_FILE: registry.authority!.caFile } };
    good(await world.strake(['build', '.', '-t', 'app'], trusting));
    good(await building(world, base, ['--insecure-registry', `localhost:${registry.port}`]));
  });
});

const old = '/usr/bin/node';
const isOld = existsSync(old) && Number((await run([old, '--version'])).stdout.slice(1).split('.')[0]) < 24;

suite('of the machine', () => {
  it.skipIf(!isOld)('a Node that is too old', async () => {
    const { version } = process;
    expect(Number(version.slice(1).split('.')[0])).toBeGreaterThanOrEqual(24);
    const result = await tryRun([old, join(checkout, 'cli/strake.js'), 'build', '.'], { env: cleanEnv() });
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toMatch(/^strake needs Node 24 or newer; this is Node \d+\.\S+ \(\/usr\/bin\/node\)\.\n/);
    expect(result.stderr).toContain('npx -p node@24');
  });

  it('a store that belongs to somebody else', async () => {
    await using world = await openStrake(await userWithSubuids());
    await writeFiles(world.work, { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' });
    await using folder = await tempDir('closed', 0o755);
    const result = await world.strake(['build', '.'], { env: { STRAKE_HOME: folder.at('store') } });
    expectProblem(result, {
      code: 'STORE_NOT_WRITABLE',
      exit: 1,
      says: [`${folder.at('store')}: permission denied.`, 'hint   Make it writable', 'STRAKE_HOME'],
    });
    const doctor = await world.strake(['doctor'], { env: { STRAKE_HOME: folder.at('store') } });
    expect(doctor.status).toBe(1);
    expect(doctor.stdout).toContain('✗ store');
  });

  /** Runs strake in a mount namespace of its own, in which `mount` has done something to the store. */
  async function mounted(world: StrakeWorld, mount: string, args: readonly string[]): Promise<RunResult> {
    const argv = ['unshare', '--mount', 'sh', '-c', `${mount} && shift && exec "$@"`, 'sh', world.store];
    return tryRun([...argv, ...(await world.command(args))], { cwd: world.work, env: world.environment() });
  }

  it('a disk that is full while files are packed, while a layer comes, and while it is unpacked', async () => {
    await using world = await openStrake();
    await using registry = await startRegistry();
    await using folder = await tempDir('bases');
    const noise = Buffer.from(crypto.getRandomValues(new Uint8Array(60_000)));
    const image = await busyboxImage('amd64');
    const push = async (name: string, content: Buffer): Promise<void> => {
      const tar = writeTar([{ path: 'content', content }]);
      const directory = folder.at(name);
      await mkdir(directory);
      const base = await customBase(directory, name, [{ ...image, layers: [...image.layers, { tar }] }]);
      await base.pushTo(registry, name);
    };
    await push(
      'noisy',
      Buffer.concat(Array.from({ length: 100 }, (_, at) => Buffer.from(noise.map((byte) => byte ^ at)))),
    );
    await push('hollow', Buffer.alloc(30_000_000));
    await writeFiles(world.work, {
      copying: 'FROM scratch\nCOPY large /\n',
      downloading: `FROM ${registry.host}/noisy\nRUN true\n`,
      unpacking: `FROM ${registry.host}/hollow\nRUN true\n`,
      large: Buffer.concat(Array.from({ length: 100 }, (_, at) => Buffer.from(noise.map((byte) => byte ^ (at + 100))))),
    });
    for (const [file, megabytes] of [
      ['copying', 3],
      ['downloading', 4],
      ['unpacking', 16],
    ] as const) {
      const small = `mount -t tmpfs -o size=${megabytes}m,mode=700 none "$1"`;
      const result = await mounted(world, small, ['build', '.', '-f', file]);
      expectProblem(result, {
        code: 'STORE_FULL',
        exit: 1,
        says: [
          world.store,
          'no space is left',
          'hint   `strake prune` makes room. STRAKE_HOME puts the store elsewhere.',
        ],
      });
    }
    const doctor = await mounted(world, 'mount -t tmpfs -o size=1m none "$1"', ['doctor']);
    expect(doctor.status).toBe(1);
    expect(doctor.stdout).toContain('no space is left');
    await world.assertClean();
    expect(await unfinished(world)).toEqual([]);
  });

  it('a store on an overlay: images without RUN, and a RUN is refused with the way out', async () => {
    await using world = await openStrake();
    await using registry = await startRegistry();
    await (await busyboxBase()).pushTo(registry);
    const Dockerfile = `FROM ${registry.host}/base/busybox\nCOPY run /run.txt\n`;
    await writeFiles(world.work, { Dockerfile, run: `${Dockerfile}RUN true\n` });
    for (const name of ['l', 'u', 'w']) await mkdir(join(world.work, 'layers', name), { recursive: true });
    const at = join(world.work, 'layers');
    const mount = `mount -t overlay -o lowerdir=${at}/l,upperdir=${at}/u,workdir=${at}/w overlay "$1"`;
    const doctor = await mounted(world, mount, ['doctor']);
    expect(doctor.status).toBe(0);
    expect(doctor.stdout).toMatch(/^! store/m);
    expect(doctor.stdout).toContain('is on overlayfs, on which no other overlay can be stacked');
    expect(doctor.stdout).toContain('mount a volume there, or put STRAKE_HOME on one');
    good(await mounted(world, mount, ['build', '.']));
    expectProblem(await mounted(world, mount, ['build', '.', '-f', 'run']), {
      code: 'RUN_NOT_POSSIBLE',
      exit: 1,
      says: [`${world.store} lies on an overlay`, 'set STRAKE_HOME to a directory on a volume', /❯ +3 │ RUN true/],
    });
    await world.assertClean();
  });

  it('files of the context that may not be read', async () => {
    await using world = await openStrake(await userWithSubuids());
    await writeFiles(world.work, { Dockerfile: 'FROM scratch\nCOPY dir /dir\n', 'dir/open': '', 'dir/closed': '' });
    await chmod(join(world.work, 'dir/closed'), 0o600);
    expectProblem(await world.strake(['build', '.']), {
      code: 'SOURCE_UNREADABLE',
      exit: 1,
      says: ['dir/closed in the context cannot be read', '.dockerignore', /❯ +2 │ COPY dir/],
    });
    await writeFile(join(world.work, '.dockerignore'), 'dir/closed\n');
    good(await world.strake(['build', '.', '-o', 'out']));
    expect(await readdir(join(world.work, 'out/dir'))).toEqual(['open']);
  });
});
