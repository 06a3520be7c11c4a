/** What machines allow, what strake makes of it, and what it says where they allow too little. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { busyboxBase } from '../../support/bases.ts';
import { openStrake, type StrakeWorld } from '../../support/cli.ts';
import { registrySource } from '../../support/image-source.ts';
import { readImage } from '../../support/images.ts';
import { requirements } from '../../support/needs.ts';
import { userWithoutSubuids, userWithSubuids, type OrdinaryUser } from '../../support/ordinary-user.ts';
import { tryRun, type RunResult } from '../../support/process.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';
import { openPod, strakeWithoutNamespaces, strakeWithoutUidmap, type Pod, type PodKind } from './confined.ts';
import { eventsOf, good, stepsOf, writeFiles } from './scene.ts';

const { suite } = await requirements(import.meta.url, [
  'linux',
  'mounts',
  'subuid-user',
  'userns',
  'docker-registry',
  'busybox-static',
]);
const { suite: podSuite } = await requirements(import.meta.url, [
  'linux',
  'mounts',
  'docker-registry',
  'busybox-static',
  'podman',
  'conmon',
  'runc',
  'umoci',
  'mmdebstrap',
  'debian-archive',
]);

interface Doctor {
  readonly store: { readonly folder: string; readonly findings: readonly { readonly code: string }[] };
  readonly isolations: readonly {
    readonly name: string;
    readonly traits: { readonly runs: boolean; readonly exact: boolean };
    readonly probe: {
      readonly available: boolean;
      readonly mode: string;
      readonly findings: readonly string[];
      readonly enable: readonly string[];
    };
  }[];
}

const diagnosis = (result: RunResult): Doctor => JSON.parse(good(result).stdout) as Doctor;
const overlayOf = (result: RunResult): Doctor['isolations'][number] => {
  const { isolations } = diagnosis(result);
  expect(isolations.map(({ name }) => name)).toEqual(['overlay', 'assemble']);
  expect(isolations[1]).toMatchObject({ traits: { runs: false, exact: true }, probe: { available: true } });
  return isolations[0]!;
};

suite('doctor and the choice of an isolation', () => {
  let registry: TestRegistry;

  beforeAll(async () => {
    registry = await startRegistry();
    await (await busyboxBase()).pushTo(registry);
  });
  afterAll(() => registry.stop());

  async function built(world: StrakeWorld, lines: string, user?: OrdinaryUser) {
    await writeFiles(world.work, { Dockerfile: `FROM ${registry.host}/base/busybox\n${lines}`, f: 'f' }, user);
    const result = await world.strake(['build', '.', '-d', `${registry.host}/built:1`, '--progress', 'json']);
    return { result, chosen: eventsOf(result).find((event) => event.type === 'isolation') };
  }

  const owners = 'RUN touch /of-app && chown app:staff /of-app\nUSER app\nRUN id -u > /tmp/id\n';
  const ownerOf = async (path: string) => {
    const image = await readImage(registrySource(registry, 'built'), { reference: '1' });
    return image.listing.find((entry) => entry.path === path);
  };

  it('as root: overlay, exact', async () => {
    await using world = await openStrake();
    const overlay = overlayOf(await world.strake(['doctor', '--json']));
    expect(overlay).toMatchObject({ traits: { runs: true, exact: true }, probe: { available: true, enable: [] } });
    const text = good(await world.strake(['doctor']));
    expect(text.stdout).toMatch(/^strake \d\S* on Node 2\d\S* \(\w+\), as root\n/);
    expect(text.stdout).toMatch(/\n✓ overlay +overlay, as root {2}← builds use this one\n/);
    const { result, chosen } = await built(world, owners);
    good(result);
    expect(chosen).toMatchObject({ name: 'overlay', why: 'overlay, as root' });
    expect(await ownerOf('of-app')).toMatchObject({ uid: 1000, gid: 50 });
    expect(await ownerOf('tmp/id')).toMatchObject({ uid: 1000, size: 5 });
    await world.assertClean();
  });

  it('as a user with a range of ids: overlay, exact', async () => {
    const user = await userWithSubuids();
    await using world = await openStrake(user);
    const overlay = overlayOf(await world.strake(['doctor', '--json']));
    expect(overlay).toMatchObject({ traits: { runs: true, exact: true }, probe: { available: true, enable: [] } });
    expect(good(await world.strake(['doctor'])).stdout).toContain(`as user ${user.uid}\n`);
    const { result, chosen } = await built(world, owners, user);
    good(result);
    expect(chosen?.why).toBe(overlay.probe.mode);
    expect(await ownerOf('of-app')).toMatchObject({ uid: 1000, gid: 50 });
    expect(await ownerOf('tmp/id')).toMatchObject({ uid: 1000 });
    await world.assertClean();
  });

  it('as a user with a single id: overlay, with owners in the index alone', async () => {
    const user = await userWithoutSubuids();
    await using world = await openStrake(user);
    const overlay = overlayOf(await world.strake(['doctor', '--json']));
    expect(overlay).toMatchObject({ traits: { runs: true, exact: false }, probe: { available: true } });
    expect(overlay.probe.findings.join('\n')).toContain('the user has no range in /etc/subuid');
    expect(overlay.probe.enable.join('\n')).toContain('usermod --add-subuids');
    expect(good(await world.strake(['doctor'])).stdout).toContain('owners are not kept exactly');

    // What the base's files belong to is kept; so is what COPY gives away.
    const { result } = await built(world, 'RUN echo x > /x\nCOPY --chown=app:staff f /f\n', user);
    good(result);
    expect(await ownerOf('home/app')).toMatchObject({ uid: 1000, gid: 1000 });
    expect(await ownerOf('x')).toMatchObject({ uid: 0, gid: 0 });
    expect(await ownerOf('f')).toMatchObject({ uid: 1000, gid: 50 });

    const refused = await built(world, 'RUN touch /y && chown app /y\n', user);
    expect(refused.result.status).toBe(1);
    expect(refused.result.stderr).toContain('OWNERS_NOT_MAPPED');
    expect(refused.result.stderr).toContain('/etc/subuid');
    const other = await built(world, 'USER app\nRUN true\n', user);
    expect(other.result.status).toBe(1);
    expect(other.result.stderr).toContain('USER_NOT_MAPPED');
    await world.assertClean();
  });

  it('layers of a single id never serve a build that is exact', async () => {
    const user = await userWithSubuids();
    await using world = await openStrake(user);
    await writeFiles(world.work, { Dockerfile: `FROM ${registry.host}/base/busybox\nRUN echo x > /x\n` }, user);
    // The same user on the same store, before and after uidmap was installed.
    const args = ['build', '.', '-t', 'app', '--progress', 'json'];
    const before = good(await strakeWithoutUidmap(world, args));
    expect(eventsOf(before).find((event) => event.type === 'isolation')?.why).toContain('single id');
    expect(stepsOf(before)).toEqual(['[2/2] RUN echo x > /x: end']);
    const overlay = overlayOf(await strakeWithoutUidmap(world, ['doctor', '--json']));
    expect(overlay.probe.findings.join('\n')).toContain('there is no newuidmap and newgidmap');
    expect(overlay.probe.enable.join('\n')).toContain('install uidmap');

    expect(stepsOf(good(await world.strake(args)))).toEqual(['[2/2] RUN echo x > /x: end']);
    expect(stepsOf(good(await strakeWithoutUidmap(world, args)))).toEqual(['[2/2] RUN echo x > /x: cached (asked)']);
    await world.assertClean();
  });

  it('where the kernel allows no user namespace: images without RUN, and a RUN is refused with what would help', async () => {
    await using world = await openStrake(await userWithSubuids());
    const doctor = await strakeWithoutNamespaces(world, ['doctor', '--json']);
    const { probe } = overlayOf(doctor);
    expect(probe.available).toBe(false);
    expect(probe.findings.join('\n')).toContain('forbidden by user.max_user_namespaces=0');
    expect(probe.enable).toEqual(['sysctl -w user.max_user_namespaces=15000']);
    await expectAssembly((args) => strakeWithoutNamespaces(world, args), world, registry, [
      'forbidden by user.max_user_namespaces=0',
      'sysctl -w user.max_user_namespaces=15000',
    ]);
  });

  it('assemble can be asked for', async () => {
    await using world = await openStrake();
    const strake = (args: readonly string[]): Promise<RunResult> =>
      world.strake(args[0] === 'build' ? [...args, '--isolation', 'assemble'] : args);
    await expectAssembly(strake, world, registry, ['"assemble" cannot run commands']);
    const wrong = await world.strake(['build', '.', '--isolation', 'asemble']);
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain('ISOLATION_UNKNOWN');
    expect(wrong.stderr).toContain('Did you mean "assemble"?');
  });
});

/** Everything but RUN works, and a RUN ends with reasons. */
async function expectAssembly(
  strake: (args: readonly string[]) => Promise<RunResult>,
  world: StrakeWorld,
  registry: TestRegistry,
  reasons: readonly string[],
): Promise<void> {
  const Dockerfile = `FROM ${registry.host}/base/busybox AS files
COPY --chown=app f /home/app/f
FROM ${registry.host}/base/busybox
WORKDIR /srv/deep
COPY --from=files --chown=1234:staff /home/app/f /etc/passwd ./
ADD archive.tar /unpacked
USER app
CMD ["sh"]
`;
  const archive = (await tryRun(['tar', '--create', '--directory=/', 'etc/hostname'])).bytes;
  await writeFiles(world.work, { Dockerfile, 'archive.tar': archive, f: 'f', run: `${Dockerfile}RUN true\n` });
  const name = `${registry.host}/assembled:1`;
  const made = good(await strake(['build', '.', '-d', name, '--progress', 'json']));
  expect(eventsOf(made).find((event) => event.type === 'isolation')).toMatchObject({ name: 'assemble' });
  const image = await readImage(registrySource(registry, 'assembled'), { reference: '1' });
  expect(made.stdout).toContain(image.digest);
  const of = (path: string) => image.listing.find((entry) => entry.path === path);
  expect(of('srv/deep/f')).toMatchObject({ uid: 1234, gid: 50, size: 1 });
  expect(of('srv/deep/passwd')?.sha256).toBe(of('etc/passwd')?.sha256);
  expect(of('unpacked/etc/hostname')).toMatchObject({ type: 'file', uid: 0 });

  const refused = await strake(['build', '.', '-f', 'run', '-t', 'app']);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain('RUN_NOT_POSSIBLE');
  expect(refused.stderr).toMatch(/❯ +9 │ RUN true/);
  for (const reason of reasons) expect(refused.stderr).toContain(reason);
  expect(await readFile(join(world.work, 'run'), 'utf8')).toContain('RUN true');
  await world.assertClean();
}

podSuite('in a container as pods have them', () => {
  let registry: TestRegistry;
  let pod: Pod;

  beforeAll(async () => {
    registry = await startRegistry();
    await (await busyboxBase()).pushTo(registry);
    pod = await openPod();
  });
  afterAll(async () => {
    await pod[Symbol.asyncDispose]();
    await registry.stop();
  });

  it.for([
    ['root', 'root without the right to mount'],
    ['restricted', 'a user without any right'],
  ] as readonly (readonly [PodKind, string])[])('as %s: %s', async ([kind]) => {
    await using world = await openStrake();
    const strake = (args: readonly string[]): Promise<RunResult> => pod.strake(kind, world, args);
    const { probe } = overlayOf(await strake(['doctor', '--json']));
    expect(probe.available).toBe(false);
    expect(probe.findings.join('\n')).toContain('a seccomp profile is in force');
    expect(probe.enable.join('\n')).toContain('seccomp');
    await expectAssembly(strake, world, registry, [
      'a seccomp profile is in force, and namespaces are refused',
      '→ run the container with a seccomp profile that allows unshare and mount',
    ]);
    const asked = await strake(['build', '.', '-f', 'run', '--isolation', 'overlay']);
    expect(asked.status).toBe(1);
    expect(asked.stderr).toContain('ISOLATION_UNAVAILABLE');
    expect(asked.stderr).toContain('a seccomp profile is in force');
  });
});
