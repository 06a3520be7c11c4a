import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { strakeFolder, type StrakeFolder } from '../support/strake-process.ts';
import { waitFor } from '../support/wait.ts';

// Whole processes, each of which loads a config: a busy machine takes its time.
vi.setConfig({ testTimeout: 60_000 });

let folder: StrakeFolder;

beforeEach(() => {
  folder = strakeFolder({ Dockerfile: 'FROM scratch\nLABEL a=b\n' });
});
afterEach(() => {
  folder[Symbol.dispose]();
});

test('SIGINT stops a build cleanly: what it started ends, nothing stays behind, status 130', async () => {
  folder.write(
    'build.config.ts',
    "import { defineConfig, run } from 'strake';\nexport default defineConfig({ images: { a: { prebuild: [run('echo $$ is up; sleep 60')] } } });\n",
  );
  const { child, seen, ended } = folder.start('build');
  const pid = await waitFor('the command', () => /(\d+) is up/.exec(seen.stderr)?.[1]);
  child.kill('SIGINT');
  const { status, stderr } = await ended;
  expect(status).toBe(130);
  expect(stderr).toMatch(/interrupted\n$/);
  expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
  expect(readdirSync(join(folder.home, 'tmp'))).toEqual([]);
  expect(readdirSync(join(folder.home, 'store/logs'))).toEqual([]);
});

test('a plugin that never settles is named when nothing is left to wait for', async () => {
  folder.write(
    'build.config.ts',
    "import { defineConfig } from 'strake';\nexport default defineConfig({ plugins: [{ name: 'hung', apply: ({ preBuild }) => preBuild.tapPromise('x', () => new Promise(() => {})) }], images: { a: {} } });\n",
  );
  const { status, stderr } = await folder.run('build');
  expect(status).toBe(1);
  expect(stderr).toMatch(/The plugin "hung" has not settled its promise in preBuild for [\d.]+ s\./);
});

test('a plugin that holds up an interrupted build is named', async () => {
  folder.write(
    'build.config.ts',
    "import { defineConfig } from 'strake';\nexport default defineConfig({ plugins: [{ name: 'slow', apply: ({ preBuild }) => preBuild.tapPromise('x', () => new Promise(() => { console.error('waiting'); setInterval(() => {}, 1000); })) }], images: { a: {} } });\n",
  );
  const { child, seen, ended } = folder.start('build');
  await waitFor('the plugin', () => /waiting/.exec(seen.stderr) ?? undefined);
  child.kill('SIGTERM');
  const { status, stderr } = await ended;
  expect(status).toBe(143);
  expect(stderr).toMatch(/The plugin "slow" has not settled its promise in preBuild for [\d.]+ s\.[^]*interrupted\n$/);
});

test('a config is evaluated once, finds the running strake without any node_modules, and nothing else is printed', async () => {
  folder.write('package.json', '{ "name": "x", "type": "commonjs" }');
  folder.write('name.ts', "export const name: string = 'a';\n");
  folder.write(
    'build.config.ts',
    "import { defineConfig } from 'strake';\nimport { reproducible } from 'strake/presets/reproducible';\nimport { name } from './name.ts';\nconsole.error('evaluated');\nexport default defineConfig({ extends: [reproducible()], images: { [name]: {} } });\n",
  );
  const { status, stdout, stderr } = await folder.run('config', '--json');
  expect(stderr).toBe('evaluated\n');
  expect(JSON.parse(stdout)).toMatchObject({
    images: { a: { rewriteTimestamp: true } },
    settings: { sourceDateEpoch: 0 },
  });
  expect(status).toBe(0);
});

test('a reader that goes away is no reason to complain', async () => {
  const { child, ended } = folder.start('plugins', '--json');
  child.stdout!.destroy();
  const { status, stderr } = await ended;
  expect([status, stderr]).toEqual([0, '']);
});

test('completions are scripts the shells take', async () => {
  const { stdout } = await folder.run('completion', 'bash');
  const bash = spawn('bash', [
    '-c',
    `${stdout}\nCOMP_WORDS=(strake build --pl); COMP_CWORD=2; _strake; echo "\${COMPREPLY[@]}"; COMP_WORDS=(strake ser); COMP_CWORD=1; _strake; echo "\${COMPREPLY[@]}"; COMP_WORDS=(strake build --progress j); COMP_CWORD=3; _strake; echo "\${COMPREPLY[@]}"`,
  ]);
  let said = '';
  bash.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await once(bash, 'close');
  expect(said).toBe('--platform\nserve\njson\n');
});
