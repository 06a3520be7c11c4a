/** The base images of the tests, and the readers that check images. */
import { lstat, mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { busyboxBase, busyboxMultiBase, debianBase, hostileBases, oddBases } from '../support/bases.ts';
import { customBase } from '../support/bases/base-image.ts';
import { hostileTarget } from '../support/bases/hostile.ts';
import { netRawCapability } from '../support/bases/odd.ts';
import { podmanRun, skopeoCopy, umociUnpack } from '../support/container-tools.ts';
import { layoutSource, registrySource } from '../support/image-source.ts';
import { changesText, imageText, layerText, listingText, readImage } from '../support/images.ts';
import type { ListingEntry } from '../support/listing.ts';
import { requirements } from '../support/needs.ts';
import { blobFile } from '../support/oci-layout.ts';
import { buildahBuild, oracleTraces, tryBuildah } from '../support/oracle.ts';
import { run } from '../support/process.ts';
import { listTar } from '../support/raw-tar-list.ts';
import { writeTar } from '../support/raw-tar.ts';
import { startRegistry } from '../support/servers/registry.ts';
import { exists } from '../support/cache.ts';
import { tempDir } from '../support/temp-dir.ts';

const { suite } = await requirements(import.meta.url, [
  'root',
  'mounts',
  'debian-archive',
  'buildah',
  'busybox-static',
  'conmon',
  'docker-registry',
  'libcap2-bin',
  'mmdebstrap',
  'podman',
  'runc',
  'skopeo',
  'umoci',
]);

/** A tree on disk, in the shape of a listing. */
async function walked(
  root: string,
  below = Buffer.alloc(0),
): Promise<Pick<ListingEntry, 'path' | 'type' | 'mode' | 'uid' | 'gid' | 'link'>[]> {
  const here = Buffer.concat([Buffer.from(root), Buffer.from('/'), below]);
  const found = [];
  for (const name of (await readdir(here, { encoding: 'buffer' })).sort((a, b) => a.compare(b))) {
    const path = below.length === 0 ? name : Buffer.concat([below, Buffer.from('/'), name]);
    const full = Buffer.concat([Buffer.from(root), Buffer.from('/'), path]);
    const stat = await lstat(full);
    const type = stat.isDirectory() ? 'directory' : stat.isSymbolicLink() ? 'symlink' : stat.isFIFO() ? 'fifo' : 'file';
    const link = type === 'symlink' ? (await readlink(full, { encoding: 'buffer' })).toString('latin1') : '';
    found.push({
      path: path.toString('latin1'),
      type,
      mode: stat.mode & 0o7777,
      uid: stat.uid,
      gid: stat.gid,
      link,
    } as const);
    if (type === 'directory') found.push(...(await walked(root, path)));
  }
  return found;
}

suite('archives by hand', () => {
  it('are read by GNU tar as they were meant', async () => {
    const odd = (await oddBases()).get('odd')!;
    const image = await readImage(layoutSource(odd.directory));
    const blob = gunzipSync(await readFile(blobFile(odd.directory, image.manifest.layers[1]!.digest)));
    const listed = await run(
      ['tar', '--list', '--verbose', '--numeric-owner', '--full-time', '--quoting-style=literal'],
      {
        input: blob,
        env: { PATH: '/usr/bin:/bin', TZ: 'UTC', LC_ALL: 'C' },
      },
    );
    const lines = listed.bytes.toString('latin1');
    const entries = image.layers[1]!.entries;
    expect(entries.length).toBe(lines.trimEnd().split(/\n(?=[-dlpcbh][-r])/).length);
    for (const wanted of [
      /^-rwsr-xr-x 0\/0 .* odd\/setuid$/m,
      /^hrw-r--r-- .* odd\/hard-2 link to odd\/hard-1$/m,
      /^---------- .* odd\/no-rights$/m,
    ]) {
      expect(lines).toMatch(wanted);
    }
    expect(lines).toContain('2242-03-16 12:56:37 odd/after-2242');
    expect(lines).toContain('1969-12-31 00:00:00 odd/before-1970-gnu');
    expect(lines).toContain(`odd/latin1-\xe9\n`);
  });

  it('come back from what GNU tar writes', async () => {
    await using directory = await tempDir('tar');
    await run(
      [
        'sh',
        '-c',
        `echo hello > f; ln f g; ln -s f l; mkfifo p; mkdir -m 1777 d; touch -d @-5 f; mkdir ${'x'.repeat(200)}`,
      ],
      { cwd: directory.path },
    );
    for (const format of ['pax', 'gnu']) {
      const { bytes } = await run([
        'tar',
        '--create',
        `--format=${format}`,
        '--sort=name',
        '--numeric-owner',
        '-C',
        directory.path,
        '.',
      ]);
      const entries = await listTar(bytes, { content: (path) => path === './f' });
      const summary = entries.map(({ path, type, mode, link, mtime }) => [
        path.replace(/x{200}/, 'xxx'),
        type,
        mode,
        link,
        mtime < 0,
      ]);
      expect(summary.slice(1)).toEqual([
        ['./d/', 'directory', 0o1777, '', false],
        ['./f', 'file', 0o644, '', true],
        ['./g', 'hardlink', 0o644, './f', true],
        ['./l', 'symlink', 0o777, 'f', false],
        ['./p', 'fifo', 0o644, '', false],
        ['./xxx/', 'directory', 0o755, '', false],
      ]);
      expect(entries[2]).toMatchObject({ size: 6, content: Buffer.from('hello\n') });
    }
  });

  it('are refused when they are broken', async () => {
    const good = writeTar([{ path: 'a', content: 'b' }]);
    const changed = (at: number): Buffer =>
      Buffer.concat([good.subarray(0, at), Buffer.from('x'), good.subarray(at + 1)]);
    await expect(listTar(good)).resolves.toHaveLength(1);
    await expect(listTar(changed(0))).rejects.toThrow('checksum');
    await expect(listTar(changed(600))).rejects.toThrow('zero');
    await expect(listTar(changed(good.length - 1))).rejects.toThrow('zero');
    await expect(listTar(good.subarray(0, 1100))).rejects.toThrow('ends early');
  });
});

suite('the odd and the hostile bases', () => {
  it('flatten to the tree that umoci unpacks', async () => {
    const odd = (await oddBases()).get('odd')!;
    await using directory = await tempDir('umoci');
    const rootfs = await umociUnpack(odd.directory, directory.at('bundle'));
    const { listing } = await readImage(layoutSource(odd.directory));
    const types = new Map(listing.map((entry) => [entry.path, entry]));
    const expected = listing.map(({ path, type, mode, uid, gid, link }) => {
      // On disk every name of a file is the first.
      const same = type === 'hardlink' ? types.get(link)! : { type, link };
      return { path, type: same.type, mode: same.type === 'symlink' ? 0o777 : mode, uid, gid, link: same.link };
    });
    const unpacked = await walked(rootfs);
    const byPath = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : 1);
    expect(unpacked.sort(byPath)).toEqual(expected.sort(byPath));
    const capability = await run(['getcap', join(rootfs, 'odd/capable')]);
    expect(capability.stdout).toContain('cap_net_raw=ep');
    expect(listing.find((entry) => entry.path === 'odd/capable')!.xattrs['security.capability']).toBe(
      netRawCapability.toString('latin1'),
    );
  });

  it('show what layers took away', async () => {
    const image = await readImage(layoutSource((await oddBases()).get('odd')!.directory));
    const up = listingText(image)
      .split('\n')
      .flatMap((line) => line.match(/ (up\/.*)$/)?.[1] ?? []);
    expect(up).toEqual([
      'up/',
      'up/becomes-directory/',
      'up/becomes-directory/inside',
      'up/becomes-file',
      'up/becomes-link -> kept',
      'up/comes-back/',
      'up/comes-back/new',
      'up/gone',
      'up/kept/',
      'up/kept/inside',
      'up/opaque/',
      'up/opaque/new',
      'up/pair-1',
      'up/pair-2',
    ]);
  });

  it('include devices, large ids, all compressions and the Docker format', async () => {
    const family = await oddBases();
    const base = await readImage(layoutSource((await busyboxBase()).directory));
    const changes = async (name: string): Promise<string> =>
      changesText(base, await readImage(layoutSource(family.get(name)!.directory)));
    expect(await changes('odd-devices')).toContain('+ crw------- 0:0 300,70000 odd/large-minor\n');
    expect(await changes('odd-ids')).toContain('+ -rw-r--r-- 4294967293:4294967293 23 28948e4783e7 odd/largest\n');
    expect((await changes('odd-compressions')).match(/packed\/\S+/g)).toEqual([
      'packed/gzip-members',
      'packed/none',
      'packed/zstd',
    ]);
    expect(await changes('odd-docker')).toBe('');
  });

  it('aim at one place on the host, and nothing there is touched by making or reading them', async () => {
    const family = await hostileBases();
    expect([...family.keys()].filter((name) => name.startsWith('link-'))).toHaveLength(22);
    const etc = await readImage(layoutSource(family.get('link-etc-absolute')!.directory));
    expect(layerText(etc.layers[1]!)).toBe(`lrwxrwxrwx 0:0 etc -> ${hostileTarget}/etc\n`);
    expect(etc.listing.filter((entry) => entry.path.startsWith('etc')).map((entry) => entry.path)).toEqual(['etc']);
    const escape = await readImage(layoutSource(family.get('escape-next-layer')!.directory));
    expect(escape.layers.slice(1).map((layer) => layer.entries.map((entry) => entry.path))).toEqual([
      ['out'],
      ['out/written'],
    ]);
    expect(await exists(hostileTarget)).toBe(false);
  });
});

suite('the ordinary bases', () => {
  it('run under podman', async () => {
    await using registry = await startRegistry();
    const { reference } = await (await busyboxBase()).pushTo(registry);
    const ran = await podmanRun(reference, ['sh', '-c', 'id -u; id -un app 2>&1; ls -d /etc/passwd; exit 3']);
    expect([ran.status, ran.stdout]).toEqual([3, '0\napp\n/etc/passwd\n']);
  });

  it('install packages in Debian', async () => {
    await using registry = await startRegistry();
    const { reference } = await (await debianBase()).pushTo(registry);
    const script =
      'readlink /bin; ls /dev | wc -l; ls /var/lib/apt/lists; apt-get update -q >/dev/null && apt-get install -y -q hello >/dev/null && hello';
    const ran = await podmanRun(reference, ['sh', '-c', script], ['-v', '/etc/resolv.conf:/etc/resolv.conf:ro']);
    expect(ran.stderr + ran.stdout).toContain('usr/bin\n');
    expect([ran.status, ran.stdout.split('\n').at(-2)]).toEqual([0, 'Hello, world!']);
  });

  it('exist for two platforms', async () => {
    await using registry = await startRegistry();
    await (await busyboxMultiBase()).pushTo(registry);
    const source = registrySource(registry, 'base/busybox-multi');
    const arm = await readImage(source, { platform: { os: 'linux', architecture: 'arm64' } });
    const amd = await readImage(source);
    const machine = async (image: typeof arm): Promise<number> => {
      const binary = image.layers[0]!.entries.find((entry) => entry.path === 'bin/busybox')!;
      expect(binary.size).toBeGreaterThan(1_000_000);
      const { layers } = await readImage(source, {
        reference: image.digest,
        content: (path) => path === 'bin/busybox',
      });
      // e_machine of an ELF file
      return layers[0]!.entries.find((entry) => entry.content !== undefined)!.content!.readUInt16LE(18);
    };
    expect([await machine(amd), await machine(arm)]).toEqual([62, 183]);
    expect(
      (
        await skopeoCopy(`docker://${registry.host}/base/busybox-multi`, `docker://${registry.host}/both`, {
          all: true,
        })
      ).status,
    ).toBe(0);
  });

  it('can be made by a test for itself', async () => {
    await using directory = await tempDir('custom');
    const tar = writeTar([{ path: 'hello', content: 'hi\n' }]);
    const base = await customBase(directory.path, 'own', [
      { layers: [{ tar, createdBy: 'me' }], config: { OnBuild: ['RUN x'] } },
    ]);
    expect(imageText(await readImage(layoutSource(base.directory)))).toBe(
      'platform linux/amd64\nconfig {\n  "OnBuild": [\n    "RUN x"\n  ]\n}\nhistory\n  layer me\nfiles\n-rw-r--r-- 0:0 3 98ea6e4f216f hello\n',
    );
  });
});

suite('the reader of images', () => {
  it('finds every lie', async () => {
    await using directory = await tempDir('lies');
    const busybox = await busyboxBase();
    const copy = async (name: string, change: (layout: string) => Promise<void>): Promise<string> => {
      const layout = directory.at(name);
      await run(['cp', '-r', busybox.directory, layout]);
      await change(layout);
      return readImage(layoutSource(layout)).then(
        () => 'fine',
        (error: unknown) => String(error),
      );
    };
    const { manifest, config } = await readImage(layoutSource((await busyboxBase()).directory));
    const layer = manifest.layers[0]!.digest;
    expect(await copy('same', async () => undefined)).toBe('fine');
    expect(
      await copy('manifest', (at) =>
        writeFile(blobFile(at, busybox.descriptor.digest), JSON.stringify({ ...manifest, annotations: {} })),
      ),
    ).toContain('digest');
    expect(
      await copy('config', (at) =>
        writeFile(blobFile(at, manifest.config.digest), JSON.stringify({ ...config, author: 'x' })),
      ),
    ).toContain('blob');
    const repacked = async (at: string): Promise<void> => {
      const tar = gunzipSync(await readFile(blobFile(at, layer)));
      await writeFile(blobFile(at, layer), gzipSync(tar, { level: 9 }));
    };
    expect(await copy('repacked', repacked)).toContain('has the digest');
    expect(
      await copy('cut', async (at) =>
        writeFile(blobFile(at, layer), (await readFile(blobFile(at, layer))).subarray(0, 1000)),
      ),
    ).toMatch(/^Error/);
  });
});

suite('the other builder', () => {
  it('builds a Dockerfile and gives us the image', async () => {
    await using registry = await startRegistry();
    const { reference } = await (await busyboxBase()).pushTo(registry);
    await using directory = await tempDir('oracle');
    await mkdir(directory.at('context'));
    await writeFile(
      directory.at('context/Dockerfile'),
      `FROM ${reference}\nARG WHO\nRUN echo "$WHO" > /who && rm /etc/group\nCOPY Dockerfile /tmp/\nENV A=b\n`,
    );
    const built = await buildahBuild(
      { context: directory.at('context'), buildArgs: { WHO: 'me' } },
      directory.at('out'),
    );
    expect(built.output).toContain('COMMIT');
    const base = await readImage(layoutSource((await busyboxBase()).directory));
    const changes = changesText(base, built.image, { ignore: oracleTraces }).replace(/ \d+ [0-9a-f]{12} tmp/, ' tmp');
    expect(changes).toBe(
      `- -rw-r--r-- 0:0 66 ${base.listing.find((entry) => entry.path === 'etc/group')!.sha256.slice(0, 12)} etc/group\n+ -rw-r--r-- 0:0 tmp/Dockerfile\n+ -rw-r--r-- 0:0 3 355f5c09a49a who\n`,
    );
    expect(built.image.config.config).toMatchObject({ Env: expect.arrayContaining(['A=b']) as unknown });
    const failed = await tryBuildah(
      { context: directory.at('context'), flags: ['--no-such-flag'] },
      directory.at('none'),
    );
    expect(failed.status).not.toBe(0);
  });
});
