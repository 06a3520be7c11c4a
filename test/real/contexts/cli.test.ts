/** Contexts as they are named on the command line and in a config, through the whole command. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { openStrake, type StrakeOptions, type StrakeWorld } from '../../support/cli.ts';
import { requirements } from '../../support/needs.ts';
import { run } from '../../support/process.ts';
import { startWebServer, webUser, type WebServer } from '../../support/servers/web-server.ts';
import { good } from '../e2e/scene.ts';

const { suite } = await requirements(import.meta.url, [
  'linux',
  'nginx',
  'apache2-utils',
  'openssl',
  'xz-utils',
  'bzip2',
]);

/** What GNU tar makes of a small project. */
async function projectTar(folder: string): Promise<Buffer> {
  await mkdir(join(folder, 'project/app'), { recursive: true });
  await writeFile(join(folder, 'project/Dockerfile'), 'FROM scratch\nCOPY app/hello /hello\n');
  await writeFile(join(folder, 'project/app/Dockerfile'), 'FROM scratch\nCOPY hello /of-the-part\n');
  await writeFile(join(folder, 'project/named.Dockerfile'), 'FROM scratch\nCOPY --from=other hello /hello\n');
  await writeFile(join(folder, 'project/app/hello'), 'hello\n');
  return (await run(['tar', 'c', '-C', join(folder, 'project'), '.'])).bytes;
}

suite('a context by its name', () => {
  let web: WebServer;
  let world: StrakeWorld;
  let tar: Buffer;

  beforeAll(async () => {
    web = await startWebServer();
    await using scratch = await openStrake();
    tar = await projectTar(scratch.work);
    await web.put('app.tar.gz', gzipSync(tar));
    await web.put('private/app.tar.gz', gzipSync(tar));
    await web.put('Dockerfile', 'FROM scratch\nCOPY --from=app app/hello /hello\n');
  });
  afterAll(() => web?.stop());
  beforeEach(async () => {
    world = await openStrake();
  });
  afterEach(async () => {
    await world.assertClean();
    await world[Symbol.asyncDispose]();
  });

  const built = async (args: readonly string[], options: StrakeOptions = {}): Promise<string> => {
    const env = { SSL_CERT_FILE: web.authority.caFile, ...options.env };
    good(await world.strake(['build', ...args, '-o', 'type=local,dest=out'], { ...options, env }));
    return readFile(join(world.work, 'out/hello'), 'utf8');
  };

  it('a tar, however it is packed, from a file and from standard input', async () => {
    const packed: [string, Buffer][] = [
      ['ctx.tar.xz', (await run(['xz', '-c'], { input: tar })).bytes],
      ['./ctx.tbz2', (await run(['bzip2', '-c'], { input: tar })).bytes],
      ['ctx.tar.zst', zstdCompressSync(tar)],
    ];
    for (const [name, bytes] of packed) {
      await writeFile(join(world.work, name), bytes);
      expect(await built([name])).toBe('hello\n');
    }
    await writeFile(join(world.work, 'ctx'), tar);
    expect(await built(['tar://ctx'])).toBe('hello\n');
    expect(await built(['-'], { input: gzipSync(tar) })).toBe('hello\n');
  });

  it('a URL, a user, a part of it', async () => {
    expect(await built([`${web.url}/app.tar.gz`])).toBe('hello\n');
    const { username, password } = webUser;
    const http = `username=${username},password-env=STORED,ca=${web.authority.caFile}`;
    const env = { STORED: password, SSL_CERT_FILE: '' };
    expect(await built([`${web.url}/private/app.tar.gz`, '--http', http], { env })).toBe('hello\n');
    await writeFile(join(world.work, 'app.tar'), tar);
    for (const part of [
      ['app.tar#:app'],
      [`${web.url}/app.tar.gz#:app`],
      [`${web.url}/app.tar.gz`, '--context-sub-path', 'app'],
    ]) {
      const result = await world.strake(['build', ...part, '-o', 'type=local,dest=part'], {
        env: { SSL_CERT_FILE: web.authority.caFile },
      });
      good(result);
      expect(await readFile(join(world.work, 'part/of-the-part'), 'utf8')).toBe('hello\n');
    }
  });

  it('a Dockerfile alone, from standard input and from the web, with files of a named context', async () => {
    const dockerfile = 'FROM scratch\nCOPY --from=app app/hello /hello\n';
    const named = ['--build-context', `app=${web.url}/app.tar.gz`];
    expect(await built(['-', ...named], { input: dockerfile })).toBe('hello\n');
    expect(await built([`${web.url}/Dockerfile`, ...named])).toBe('hello\n');
  });

  it('a URL, an archive and their options in a config', async () => {
    await writeFile(join(world.work, 'app.tar'), tar);
    const { caFile } = web.authority;
    await writeFile(
      join(world.work, 'build.config.ts'),
      `import { defineConfig } from 'strake';
      const ca = ${JSON.stringify(caFile)};
      const http = { ca, username: 'alice', passwordEnv: 'STORED' };
      export default defineConfig({ images: {
        web: { context: new URL(${JSON.stringify(`${web.url}/app.tar.gz`)}), http: { ca } },
        file: { context: 'app.tar' },
        named: { context: 'tar://app.tar', contexts: {
          other: { location: ${JSON.stringify(`${web.url}/private/app.tar.gz`)}, subPath: 'app', http },
        }, dockerfile: 'named.Dockerfile' },
      } });`,
    );
    for (const image of ['web', 'file', 'named'])
      expect(await built([image], { env: { STORED: webUser.password, SSL_CERT_FILE: '' } })).toBe('hello\n');
  });

  it('what cannot be had is said, with a hint', async () => {
    const env = { SSL_CERT_FILE: web.authority.caFile };
    const absent = await world.strake(['build', `${web.url}/absent.tar.gz`, '--progress', 'plain'], { env });
    expect(absent.status).toBe(1);
    expect(absent.stderr).toContain('http-context/NOT_FOUND');
    const denied = await world.strake(['build', `${web.url}/private/app.tar.gz`, '--progress', 'plain'], { env });
    expect(denied.stderr).toContain('--http username=NAME,password-env=VARIABLE');
  });
});
