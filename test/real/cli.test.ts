import { copyFileSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { requirements } from '../support/needs.ts';
import { strakeFolder, type StrakeFolder } from '../support/strake-process.ts';
import { waitFor } from '../support/wait.ts';

test('serve says where it is, serves what was built, and ends well when it is interrupted', async () => {
  using folder = strakeFolder({ Dockerfile: 'FROM scratch\nLABEL a=b\n' });
  await folder.run('build', '.', '-t', 'app:1', '-q');
  const { child, seen, ended } = folder.start('serve', '--listen', '127.0.0.1:0', '--token-file', 'token');
  const url = await waitFor('the address', () => /^(http:\S+)\n/.exec(seen.stdout)?.[1]);
  const manifest = await fetch(`${url}/v2/app/manifests/1`, {
    headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
  });
  expect([manifest.status, ((await manifest.json()) as { schemaVersion: number }).schemaVersion]).toEqual([200, 2]);
  const push = (headers: Record<string, string>) => fetch(`${url}/v2/x/blobs/uploads/`, { method: 'POST', headers });
  expect((await push({})).status).toBe(401);
  const token = readFileSync(join(folder.project, 'token'), 'utf8');
  expect((await push({ authorization: `Bearer ${token}` })).status).toBe(202);
  expect(statSync(join(folder.project, 'token')).mode & 0o777).toBe(0o600);
  child.kill('SIGTERM');
  const { status, stderr } = await ended;
  expect(status).toBe(0);
  expect(stderr).toContain('GET /v2/app/manifests/1 200');
  expect(stderr).not.toContain(token);
});

const { suite } = await requirements(import.meta.url, ['root', 'mounts', 'busybox-static']);

suite('with commands inside images', () => {
  /** A context with a static busybox, and a Dockerfile that puts it into an empty image. */
  function busyboxFolder(...instructions: readonly string[]): StrakeFolder {
    const folder = strakeFolder();
    copyFileSync('/bin/busybox', join(folder.project, 'busybox'));
    const lines = ['FROM scratch', 'COPY busybox /bin/busybox', 'COPY busybox /bin/sh', ...instructions, ''];
    folder.write('Dockerfile', lines.join('\n'));
    return folder;
  }

  test('a failing RUN gives its status; its last lines, its place and the file of its whole output are shown', async () => {
    using folder = busyboxFolder(
      'RUN i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo line $i; done; exit 7',
      'LABEL a=b',
    );
    const { status, stdout, stderr } = await folder.run('build', '.', '-t', 'app', '--metadata-file', 'meta.json');
    expect([status, stdout]).toEqual([7, '']);
    expect(stderr).toMatch(/✗ app {3}A RUN command failed +RUN_EXITED|✗ A RUN command failed +RUN_EXITED/);
    expect(stderr).toContain('exited with status 7.\n  last lines it printed\n');
    expect(stderr).toMatch(/│ line 100\n\n {2}Dockerfile:4 {3}\[3\/3\] RUN i=0;/);
    expect(stderr).toContain('❯ 4 │ RUN i=0;');
    const log = /^ {2}log {4}(\S+)$/m.exec(stderr)![1]!;
    expect(readFileSync(log, 'utf8').split('\n').slice(0, 2)).toEqual(['line 1', 'line 2']);
    expect(JSON.parse(readFileSync(join(folder.project, 'meta.json'), 'utf8'))).toMatchObject({
      'strake.exit': 7,
      'strake.problems': [{ code: 'RUN_EXITED', exit: 7, at: 'Dockerfile:4' }],
    });
  });

  test('the log of a RUN that ends well does not stay', async () => {
    using folder = busyboxFolder('RUN echo fine');
    expect((await folder.run('build', '.', '-q')).status).toBe(0);
    expect(readdirSync(join(folder.home, 'store/logs'))).toEqual([]);
  });

  test('run says of a program that is not there, or is none, that it is so', async () => {
    using folder = busyboxFolder();
    expect((await folder.run('build', '.', '-q', '-t', 'app')).status).toBe(0);
    const missing = { status: 127, stdout: '', stderr: 'absent: not found (in /)\n' };
    expect(await folder.run('run', 'app', 'absent')).toEqual(missing);
    expect(await folder.run('run', 'app', '/bin')).toEqual({
      status: 126,
      stdout: '',
      stderr: '/bin: permission denied (in /)\n',
    });
  });

  test('run gives the output and the status of the command; what it writes is gone', async () => {
    using folder = busyboxFolder(
      'ENV GREETING=hello',
      'WORKDIR /work',
      'ENTRYPOINT ["/bin/sh", "-c"]',
      'CMD ["echo $GREETING $NAME; pwd; exit 3"]',
    );
    expect((await folder.run('build', '.', '-q', '-t', 'app')).status).toBe(0);
    expect(await folder.run('run', '-e', 'NAME=you', 'app')).toEqual({
      status: 3,
      stdout: 'hello you\n/work\n',
      stderr: '',
    });
    expect(await folder.run('run', 'app', 'echo x > new; /bin/busybox ls')).toMatchObject({
      status: 0,
      stdout: 'new\n',
    });
    expect(await folder.run('run', '--rm', '-w', '/', 'app', '/bin/busybox ls')).toMatchObject({
      status: 0,
      stdout: expect.not.stringContaining('new') as string,
    });
    expect(await folder.run('run', '--entrypoint', '/bin/busybox', 'app', 'echo', '--help')).toMatchObject({
      status: 0,
      stdout: '--help\n',
    });
    folder.write('data/in', 'from here');
    expect(
      await folder.run('run', '-v', './data:/data:ro', 'app', '/bin/busybox cat /data/in; echo y > /data/out'),
    ).toMatchObject({ stdout: 'from here' });
    expect(readdirSync(join(folder.project, 'data'))).toEqual(['in']);
  });

  test('an image that is nowhere is looked for and told', async () => {
    using folder = strakeFolder();
    const { status, stderr } = await folder.run('run', '127.0.0.1:9/absent');
    expect([status, stderr]).toEqual([1, expect.stringContaining('127.0.0.1:9') as string]);
  });

  test('SIGINT in the middle of a RUN ends it and all it started, with status 130', async () => {
    using folder = busyboxFolder('RUN /bin/busybox setsid /bin/busybox sleep 987 & echo up; /bin/busybox sleep 987');
    const { child, seen, ended } = folder.start('build', '.', '--progress', 'plain');
    await waitFor('the step', () => /^#\d+ [\d.]+ up$/m.exec(seen.stderr) ?? undefined);
    child.kill('SIGINT');
    const { status, stderr } = await ended;
    expect(status).toBe(130);
    expect(stderr).toMatch(/interrupted\n$/);
    await waitFor('the end of all of them', () => (sleepers() === 0 ? true : undefined));
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(folder.home);
  });

  const sleepers = (): number =>
    readdirSync('/proc').filter((pid) => {
      try {
        return (
          /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(['sleep', '987'].join('\0'))
        );
      } catch {
        return false;
      }
    }).length;
});
