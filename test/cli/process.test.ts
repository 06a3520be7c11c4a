import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { waitFor } from '../support/wait.ts';

const strake = fileURLToPath(new URL('../../cli/strake.js', import.meta.url));
let home: string;

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'strake-process-')));
  mkdirSync(join(home, 'project/.git'), { recursive: true });
  mkdirSync(join(home, 'tmp'));
  write('Dockerfile', 'FROM scratch\nLABEL a=b\n');
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const write = (name: string, text: string): void => writeFileSync(join(home, 'project', name), text);

function start(...args: readonly string[]) {
  const child = spawn(process.execPath, [strake, ...args], {
    cwd: join(home, 'project'),
    env: { PATH: process.env['PATH'], HOME: home, STRAKE_HOME: join(home, 'store'), TMPDIR: join(home, 'tmp') },
  });
  const seen = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (seen.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (seen.stderr += chunk.toString()));
  const ended = once(child, 'close').then(([status]) => ({ status: status as number | null, ...seen }));
  return { child, seen, ended };
}

test('SIGINT stops a build cleanly: what it started ends, nothing stays behind, status 130', async () => {
  write(
    'build.config.ts',
    "import { defineConfig, run } from 'strake';\nexport default defineConfig({ images: { a: { prebuild: [run('echo $$ is up; sleep 60')] } } });\n",
  );
  const { child, seen, ended } = start('build');
  const pid = await waitFor('the command', () => /(\d+) is up/.exec(seen.stderr)?.[1]);
  child.kill('SIGINT');
  const { status, stderr } = await ended;
  expect(status).toBe(130);
  expect(stderr).toMatch(/interrupted\n$/);
  expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
  expect(readdirSync(join(home, 'tmp'))).toEqual([]);
  expect(readdirSync(join(home, 'store/logs'))).toEqual([]);
});

test('a plugin that never settles is named when nothing is left to wait for', async () => {
  write(
    'build.config.ts',
    "import { defineConfig } from 'strake';\nexport default defineConfig({ plugins: [{ name: 'hung', apply: ({ preBuild }) => preBuild.tapPromise('x', () => new Promise(() => {})) }], images: { a: {} } });\n",
  );
  const { status, stderr } = await start('build').ended;
  expect(status).toBe(1);
  expect(stderr).toMatch(/The plugin "hung" has not settled its promise in preBuild for [\d.]+ s\./);
});

test('a config is evaluated once, finds the running strake without any node_modules, and nothing else is printed', async () => {
  write('package.json', '{ "name": "x", "type": "commonjs" }');
  write('name.ts', "export const name: string = 'a';\n");
  write(
    'build.config.ts',
    "import { defineConfig } from 'strake';\nimport { reproducible } from 'strake/presets/reproducible';\nimport { name } from './name.ts';\nconsole.error('evaluated');\nexport default defineConfig({ extends: [reproducible()], images: { [name]: {} } });\n",
  );
  const { status, stdout, stderr } = await start('config', '--json').ended;
  expect(stderr).toBe('evaluated\n');
  expect(JSON.parse(stdout)).toMatchObject({
    images: { a: { rewriteTimestamp: true } },
    settings: { sourceDateEpoch: 0 },
  });
  expect(status).toBe(0);
});

test('a reader that goes away is no reason to complain', async () => {
  const { child, ended } = start('plugins', '--json');
  child.stdout.destroy();
  const { status, stderr } = await ended;
  expect([status, stderr]).toEqual([0, '']);
});

test('completions are scripts the shells take', async () => {
  const { stdout } = await start('completion', 'bash').ended;
  const bash = spawn('bash', [
    '-c',
    `${stdout}\nCOMP_WORDS=(strake build --pl); COMP_CWORD=2; _strake; echo "\${COMPREPLY[@]}"; COMP_WORDS=(strake ser); COMP_CWORD=1; _strake; echo "\${COMPREPLY[@]}"; COMP_WORDS=(strake build --progress j); COMP_CWORD=3; _strake; echo "\${COMPREPLY[@]}"`,
  ]);
  let said = '';
  bash.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await once(bash, 'close');
  expect(said).toBe('--platform\nserve\njson\n');
});
