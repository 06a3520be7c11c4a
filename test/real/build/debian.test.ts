/** Multi-stage builds with packages on Debian, as root and as an ordinary user; copies through the links it has. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { debianBase } from '../../support/bases.ts';
import { openStrake } from '../../support/cli.ts';
import { podmanRun } from '../../support/container-tools.ts';
import { registrySource } from '../../support/image-source.ts';
import { readImage, type TestImage } from '../../support/images.ts';
import { entryLine, type ListingEntry } from '../../support/listing.ts';
import { requirements } from '../../support/needs.ts';
import { userWithSubuids, type OrdinaryUser } from '../../support/ordinary-user.ts';
import { describeFailure } from '../../support/process.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';

const { suite } = await requirements(import.meta.url, [
  'root',
  'mounts',
  'subuid-user',
  'debian-archive',
  'conmon',
  'docker-registry',
  'mmdebstrap',
  'podman',
  'runc',
]);

/**
 * What an installation writes with the time of day in it, or the inode numbers of the machine. Everything else is the
 * same whoever builds.
 */
const ofTheDay: readonly (readonly [path: RegExp, why: string])[] = [
  [/^var\/log\//, 'logs of apt, dpkg and alternatives carry times'],
  [/^var\/cache\/ldconfig\/aux-cache$/, 'ldconfig notes inode numbers and change times'],
  [/^var\/cache\/apt\/.*\.bin$/, 'caches of apt are memory images with hashes of times'],
];

/** A compiler's worth of links, a setgid program with a group of its own, a file capability, users and groups. */
const packages = `
FROM base/debian AS tools
RUN apt-get update && apt-get install -y --no-install-recommends busybox-static xxd && rm -rf /var/lib/apt/lists/*
RUN mkdir -p /out/bin && cp /bin/busybox /out/bin/ && ln /out/bin/busybox /out/bin/sh && echo built | xxd -p > /out/built

FROM base/debian
RUN apt-get update \\
 && apt-get install -y --no-install-recommends libcap2-bin iputils-ping openssh-client cron \\
 && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --shell /bin/bash builder && echo mine > /home/builder/mine && chown -R builder: /home/builder
COPY --from=tools /out /opt/tools
COPY --from=tools --chown=builder:crontab /out/built /home/builder/
USER builder
WORKDIR /home/builder/work
RUN id > id && /opt/tools/bin/sh -c 'cat ../built' > copied
`;

let registry: TestRegistry;
let user: OrdinaryUser;

suite('Debian', () => {
  beforeAll(async () => {
    registry = await startRegistry();
    await (await debianBase()).pushTo(registry, 'base/debian');
    user = await userWithSubuids();
  });
  afterAll(() => registry.stop());

  it('gets the same packages from root and from an ordinary user', { timeout: 600_000 }, async () => {
    const begun = Math.floor(Date.now() / 1000);
    const asRoot = await build('packages-root', packages, {});
    const asUser = await build('packages-user', packages, {}, user);
    const [ours, theirs] = [lines(asRoot, begun), lines(asUser, begun)];
    const differs = [
      ...ours.filter((line) => !theirs.includes(line)).map((line) => `root: ${line}`),
      ...theirs.filter((line) => !ours.includes(line)).map((line) => `user: ${line}`),
    ];
    expect(differs).toEqual([]);
    const text = ours.join('\n');
    // The installation was a real one: what only root's rights make is there.
    expect(text).toMatch(/^-rwxr-sr-x 0:\d{3} .* usr\/bin\/ssh-agent$/m);
    expect(text).toMatch(/ usr\/bin\/ping \[security\.capability=/);
    expect(text).toMatch(/^d\S* 0:\d{3} .*var\/spool\/cron\/crontabs\/$/m);
    expect(text).toMatch(/^h\S+ 0:0 opt\/tools\/bin\/sh == opt\/tools\/bin\/busybox$/m);
    expect(text).toMatch(/^-rw-r--r-- 1000:\d{3} \d+ \S+ home\/builder\/built$/m);
    expect(asRoot.config.config).toEqual(asUser.config.config);
  });

  it.each(['root', 'an ordinary user'])('is copied to through its links by %s', { timeout: 300_000 }, async (who) => {
    const repository = `links-${who.replaceAll(' ', '-')}`;
    const files = { f: '#!/bin/sh\necho "f of $0"\n', tool: '#!/bin/sh\necho tool\n', g: 'g\n', library: 'library\n' };
    const dockerfile = `
FROM base/debian
COPY --chmod=755 f /bin/f
COPY --chmod=755 tool /usr/local/bin
COPY g /tmp/g
COPY library /lib/x86_64-linux-gnu/strake/library
WORKDIR /var/run/strake
COPY g .
WORKDIR /sbin/below
`;
    const image = await build(repository, dockerfile, files, who === 'root' ? undefined : user);
    const listed = new Map(image.listing.map((entry) => [entry.path, entryLine(entry)]));
    expect(listed.get('bin')).toBe('lrwxrwxrwx 0:0 bin -> usr/bin');
    expect(listed.get('usr/bin/f')).toMatch(/^-rwxr-xr-x 0:0 /);
    expect(listed.get('tmp')).toBe('drwxrwxrwt 0:0 tmp/');
    expect(listed.get('run/strake')).toBe('drwxr-xr-x 0:0 run/strake/');
    const script =
      'set -e; /bin/f; /usr/bin/f; tool; ls -ld /bin /lib /sbin /var/run | sed "s/.* //"; stat -c "%a %U" /tmp /usr/bin;' +
      'cat /tmp/g /usr/lib/x86_64-linux-gnu/strake/library /run/strake/g; pwd; cd /usr/sbin/below; apt-get --version | head -c 3';
    const ran = await podmanRun(`${registry.host}/${repository}:latest`, ['sh', '-c', script]);
    expect(ran.stdout, describeFailure(ran)).toBe(
      'f of /bin/f\nf of /usr/bin/f\ntool\nusr/bin\nusr/lib\nusr/sbin\n/run\n1777 root\n755 root\n' +
        'g\nlibrary\ng\n/usr/sbin/below\napt',
    );
  });
});

/** Builds and pushes; what a registry has of it. */
async function build(
  repository: string,
  dockerfile: string,
  files: Readonly<Record<string, string>>,
  as?: OrdinaryUser,
): Promise<TestImage> {
  await using world = await openStrake(as);
  const context = join(world.work, 'context');
  await mkdir(context, { mode: 0o755 });
  const text = dockerfile.trimStart().replaceAll('base/debian', `${registry.host}/base/debian`);
  await writeFile(join(context, 'Dockerfile'), text);
  for (const [name, content] of Object.entries(files)) await writeFile(join(context, name), content);
  const built = await world.strake(['build', '--no-config', `--tag=${registry.host}/${repository}`, '--push', context]);
  expect(built.status, describeFailure(built)).toBe(0);
  await world.assertClean();
  return readImage(registrySource(registry, repository));
}

/** A line a file, with its time where it is older than the build. */
function lines(image: TestImage, begun: number): string[] {
  const shown = (entry: ListingEntry): string => entryLine(entry, { times: entry.mtime < begun });
  return image.listing.filter(({ path }) => !ofTheDay.some(([pattern]) => pattern.test(path))).map(shown);
}
