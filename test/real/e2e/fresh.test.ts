/** What the README promises of a clean clone: two lines, and nothing beside them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { exists } from '../../support/cache.ts';
import { checkout } from '../../support/checkout.ts';
import { assertNothingLeft } from '../../support/leftovers.ts';
import { requirements } from '../../support/needs.ts';
import { asUser, userWithSubuids } from '../../support/ordinary-user.ts';
import { cleanEnv, describeFailure, run, tryRun, type RunResult } from '../../support/process.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { cloneInto, npmCache, npmEnvironment, openFreshMachine, type FreshMachine } from './fresh-machine.ts';
import { good } from './scene.ts';

const { suite } = await requirements(import.meta.url, [
  'linux',
  'mounts',
  'subuid-user',
  'git',
  'podman',
  'conmon',
  'runc',
  'umoci',
  'mmdebstrap',
  'debian-archive',
]);

/** The lines that README.md gives, as they stand there. */
const demo = 'npm ci && npm run demo';
const test = 'npm ci && npm test';

function expectDemo(result: RunResult): void {
  const { stdout, stderr } = good(result);
  const say = describeFailure(result);
  expect(stdout, say).toMatch(
    /\$ strake serve .*\n[^]*\$ strake build whoami --destination 127\.0\.0\.1:\d+\/whoami:demo\n/,
  );
  expect(stdout, say).toMatch(/pushed 127\.0\.0\.1:\d+\/whoami:demo@sha256:[0-9a-f]{64}/);
  expect(stdout, say).toMatch(/\$ strake run 127\.0\.0\.1:\d+\/whoami:demo --port \d+\n/);
  expect(stdout, say).toMatch(
    /\$ curl http:\/\/127\.0\.0\.1:\d+\/\nHostname: whoami\n(IP: \S+\n)+RemoteAddr: \S+\nGET \/ HTTP\/1\.1\nhost: /i,
  );
  expect(`${stdout}${stderr}`).not.toContain('npm error');
}

suite('a clean clone', () => {
  let machine: FreshMachine;
  beforeAll(async () => {
    const readme = await readFile(join(checkout, 'README.md'), 'utf8');
    for (const line of [demo, test]) expect(readme).toContain(`\`\`\`\n${line}\n\`\`\``);
    machine = await openFreshMachine();
  });
  afterAll(async () => {
    await assertNothingLeft({ directories: [machine.root] });
    await machine[Symbol.asyncDispose]();
  });

  it('on a Debian with Node and npm alone, as root: builds, pushes, pulls, runs', { timeout: 900_000 }, async () => {
    expectDemo(await machine.shell(demo));
    const status = await run(['git', '-c', 'safe.directory=*', 'status', '--porcelain'], { cwd: machine.clone });
    expect(status.stdout).toBe('');
  });

  it('says what is wrong with a chroot', async () => {
    const enter = 'mount --rbind /dev "$1/dev" && mount -t proc proc "$1/proc" && exec chroot "$1" sh -c "$2"';
    const line = 'cd /root/strake && node_modules/.bin/node cli/strake.js doctor --json';
    const argv = ['unshare', '--mount', 'sh', '-c', enter, 'sh', machine.root, line];
    const { stdout } = good(await tryRun(argv, { env: cleanEnv({ HOME: '/root' }) }));
    const { isolations } = JSON.parse(stdout) as {
      isolations: { probe: { available: boolean; findings: string[] } }[];
    };
    expect(isolations[0]!.probe.available).toBe(false);
    expect(isolations[0]!.probe.findings.join('\n')).toContain('the root directory is no mount point, as in a chroot');
  });

  it('as an ordinary user, who needs nobody to do anything', { timeout: 900_000 }, async () => {
    const user = await userWithSubuids();
    await using home = await tempDir('clone');
    const clone = home.at('strake');
    await cloneInto(clone);
    await run(['cp', '--archive', await npmCache(), home.at('npm')]);
    await run(['chown', '--recursive', `${user.uid}:${user.gid}`, home.path]);
    const env = { HOME: home.path, ...npmEnvironment(home.at('npm')) };
    expectDemo(await asUser(user, ['sh', '-c', demo], { cwd: clone, env, timeout: 900_000 }));
    await assertNothingLeft({ directories: [home.path] });
  });

  it('installs what its tests need, and says what it left out', { timeout: 1_500_000 }, async () => {
    // One file of all, so that it ends today.
    const result = await machine.shell(`${test} -- test/real/registry/pull.test.ts`, { CI: 'true' });
    expect(result.stdout).toMatch(/Test Files .*1 passed/);
    good(result);
    expect(await exists(join(machine.root, 'usr/bin/docker-registry'))).toBe(true);
    const without = await machine.shell(`npm test -- test/real/support-images.test.ts`, {
      STRAKE_TEST_INSTALL: 'never',
    });
    expect(without.stdout).toMatch(/left out/i);
  });
});
