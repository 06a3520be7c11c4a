/** `strake login` and `strake logout` against real registries, with what they write read by skopeo, podman and pass. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readlink, stat, symlink, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { openStrake, type StrakeResult, type StrakeWorld } from '../../support/cli.ts';
import { requirements } from '../../support/needs.ts';
import { run, tryRun, type RunResult } from '../../support/process.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';
import { waitFor } from '../../support/wait.ts';

const { suite } = await requirements(import.meta.url, [
  'linux',
  'docker-registry',
  'openssl',
  'apache2-utils',
  'skopeo',
  'podman',
  'gnupg',
  'pass',
  'golang-docker-credential-helpers',
]);

const password = 's3cret';

for (const auth of ['basic', 'token'] as const) {
  suite(`a login to a registry with ${auth} access`, () => {
    let registry: TestRegistry;
    let world: StrakeWorld;
    beforeAll(async () => {
      registry = await startRegistry({ auth });
    });
    beforeEach(async () => {
      world = await openStrake();
      await writeFile(join(world.work, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
    });
    afterEach(async () => {
      await world.assertClean();
      await world[Symbol.asyncDispose]();
    });
    afterAll(() => registry.stop());

    const config = () => join(world.home, '.docker/config.json');
    const readConfig = async () => JSON.parse(await readFile(config(), 'utf8')) as { auths: Record<string, unknown> };
    const login = (
      given = password,
      args: readonly string[] = ['-u', 'alice', '--password-stdin'],
    ): Promise<StrakeResult> => world.strake(['login', registry.host, ...args], { input: `${given}\n` });
    const push = (): Promise<StrakeResult> =>
      world.strake(['build', '.', '-t', `${registry.host}/team/app:1`, '--push', '--progress', 'plain']);
    const inspect = (): Promise<RunResult> =>
      tryRun(['skopeo', 'inspect', '--raw', '--tls-verify=false', `docker://${registry.host}/team/app:1`], {
        env: { PATH: process.env['PATH']!, HOME: world.home },
      });

    it('is kept where builds, skopeo and podman find it, until it is forgotten', async () => {
      const before = await push();
      expect(before.status).toBe(1);
      expect(before.stderr).toContain(`strake login ${registry.host}`);
      const done = await login();
      expect(done).toMatchObject({ status: 0, stdout: `Logged in to ${registry.host}; kept in ${config()}.\n` });
      expect(done.stderr).toContain('unencrypted');
      expect((await stat(config())).mode & 0o777).toBe(0o600);
      expect(await push()).toMatchObject({ status: 0 });
      expect(await inspect()).toMatchObject({ status: 0, stdout: expect.stringContaining('"layers"') as unknown });
      const known = await tryRun(['podman', 'login', '--get-login', registry.host], {
        env: { PATH: process.env['PATH']!, HOME: world.home, REGISTRY_AUTH_FILE: config() },
      });
      // An identity token has no user; podman shows the stand-in.
      expect(known.stdout.trim()).toBe(auth === 'basic' ? 'alice' : '00000000-0000-0000-0000-000000000000');
      const out = await world.strake(['logout', registry.host]);
      expect(out).toMatchObject({ status: 0, stdout: `Logged out of ${registry.host}: ${config()}.\n`, stderr: '' });
      expect(await readConfig()).toEqual({ auths: {} });
      expect((await inspect()).status).not.toBe(0);
      expect((await push()).status).toBe(1);
      const again = await world.strake(['logout', registry.host]);
      expect(again.stdout).toBe(`There was no login for ${registry.host}.\n`);
    });

    it('is refused where the registry does not take it, and nothing is kept', async () => {
      const wrong = await login('not-the-password');
      expect(wrong.status).toBe(1);
      expect(wrong.stderr).toMatch(/does not let alice in[^]*Nothing was kept/);
      expect(wrong.stdout + wrong.stderr).not.toContain('not-the-password');
      await expect(stat(config())).rejects.toThrow('ENOENT');
    });

    if (auth === 'basic') {
      it('leaves the rest of the file as it is, takes the place of older entries, and follows a link', async () => {
        await mkdir(join(world.home, '.docker'));
        const real = join(world.home, 'kept.json');
        const old = { [`https://${registry.host}/v1/`]: { auth: 'b2xkOm9sZA==' }, 'other.example': { auth: 'YTpi' } };
        await writeFile(
          real,
          JSON.stringify({ HttpHeaders: { 'X-Meta': '1' }, auths: old, currentContext: 'x' }, null, 2),
        );
        await symlink(real, config());
        expect((await login()).status).toBe(0);
        expect(await readlink(config())).toBe(real);
        expect(await readConfig()).toMatchObject({ HttpHeaders: { 'X-Meta': '1' }, currentContext: 'x' });
        const { auths } = await readConfig();
        expect(Object.keys(auths)).toEqual(['other.example', registry.host]);
        expect(auths['other.example']).toEqual(old['other.example']);
        expect(await readFile(real, 'utf8')).toMatch(/^\{\n {2}"/);
        expect((await push()).status).toBe(0);
      });

      it('asks at a terminal, and does not show the password; Ctrl-C and Ctrl-D end it', async () => {
        const typed = (await world.command(['login', registry.host])).join(' ');
        /** Answers each question by the next keys; gives the status and all that stood on the screen. */
        const sit = async (...keys: readonly string[]): Promise<{ status: unknown; screen: string }> => {
          // script gives the command a terminal, whose keys are its own standard input.
          const child = spawn('script', ['-qec', typed, '/dev/null'], { env: world.environment(), stdio: 'pipe' });
          let screen = '';
          child.stdout.on('data', (chunk: Buffer) => (screen += chunk.toString()));
          const ended = once(child, 'close');
          for (const [at, key] of keys.entries()) {
            const question = ['Username: ', 'Password: '][at]!;
            await waitFor(question, () => (screen.includes(question) ? true : undefined));
            child.stdin.write(key);
          }
          return { status: ((await ended) as unknown[])[0], screen };
        };
        const done = await sit('alice\r', `${password}\r`);
        expect(done.status).toBe(0);
        expect(done.screen).toContain(`Logged in to ${registry.host}`);
        expect(done.screen).not.toContain(password);
        expect((await push()).status).toBe(0);
        expect(await sit('\u0003')).toMatchObject({
          status: 130,
          screen: expect.stringMatching(/interrupted/) as unknown,
        });
        const none = await sit('alice\r', '\u0004');
        expect(none).toMatchObject({ status: 2, screen: expect.stringContaining('The password is empty') as unknown });
      });
    }

    it('goes into the helper that the file names, and no further', async () => {
      const gnupg = { HOME: world.home, GNUPGHOME: join(world.home, 'gpg'), PATH: process.env['PATH']! };
      await mkdir(gnupg.GNUPGHOME, { mode: 0o700 });
      await run(
        ['gpg', '--batch', '--passphrase', '', '--quick-gen-key', 't@test.example', 'default', 'default', '0'],
        {
          env: gnupg,
        },
      );
      try {
        await run(['pass', 'init', 't@test.example'], { env: gnupg });
        await mkdir(join(world.home, '.docker'));
        await writeFile(config(), '{"credsStore":"pass"}');
        const withPass = { env: { GNUPGHOME: gnupg.GNUPGHOME }, input: password };
        const done = await world.strake(['login', registry.host, '-u', 'alice', '--password-stdin'], withPass);
        expect(done).toMatchObject({
          status: 0,
          stdout: `Logged in to ${registry.host}; kept in docker-credential-pass.\n`,
          stderr: '',
        });
        expect(await readConfig()).toEqual({ auths: { [registry.host]: {} }, credsStore: 'pass' });
        const listed = await run(['docker-credential-pass', 'list'], { env: gnupg });
        expect(JSON.parse(listed.stdout)).toEqual({ [registry.host]: auth === 'basic' ? 'alice' : '<token>' });
        const args = ['build', '.', '-t', `${registry.host}/team/app:2`, '--push'];
        expect((await world.strake(args, withPass)).status).toBe(0);
        const out = await world.strake(['logout', registry.host], withPass);
        expect(out.stdout).toBe(`Logged out of ${registry.host}: docker-credential-pass.\n`);
        expect((await run(['docker-credential-pass', 'list'], { env: gnupg })).stdout.trim()).toBe('{}');
        expect(await readConfig()).toEqual({ auths: {}, credsStore: 'pass' });
      } finally {
        await run(['gpgconf', '--kill', 'all'], { env: gnupg });
      }
    });
  });
}
