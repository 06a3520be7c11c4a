import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { strakeFolder } from '../support/strake-process.ts';
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
