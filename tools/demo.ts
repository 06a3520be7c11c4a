import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/**
 * `npm run demo`: the main job from end to end. Serves an empty store as a registry, builds examples/whoami and pushes it
 * there, pulls and runs it from there with another empty store, and prints what it answers.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const strake = join(root, 'cli/strake.js');
const work = await mkdtemp(join(tmpdir(), 'strake-demo-'));
const running: ChildProcess[] = [];

function start(
  args: readonly string[],
  store: string,
  env: NodeJS.ProcessEnv,
  stdout: 'inherit' | 'pipe',
): ChildProcess {
  console.log(`\n$ strake ${args.join(' ')}`);
  const child = spawn(process.execPath, [strake, ...args], {
    cwd: root,
    env: { ...process.env, ...env, STRAKE_HOME: join(work, store) },
    stdio: ['ignore', stdout, 'inherit'],
  });
  running.push(child);
  return child;
}

async function run(args: readonly string[], store: string, env: NodeJS.ProcessEnv): Promise<void> {
  const [status] = (await once(start(args, store, env, 'inherit'), 'exit')) as [number | null];
  if (status !== 0) throw new Error(`strake ${args[0]} ended with ${status}`);
}

/** The registry's address and credentials, once it says where it listens. */
async function serve(): Promise<{ host: string; env: NodeJS.ProcessEnv }> {
  const tokenFile = join(work, 'token');
  const registry = start(['serve', '--listen', '127.0.0.1:0', '--token-file', tokenFile], 'registry', {}, 'pipe');
  const [line] = (await once(registry.stdout!, 'data')) as [Buffer];
  const { host } = new URL(line.toString().trim());
  const token = await readFile(tokenFile, 'utf8');
  const auth = Buffer.from(`strake:${token}`).toString('base64');
  await mkdir(join(work, 'docker'));
  await writeFile(join(work, 'docker/config.json'), JSON.stringify({ auths: { [host]: { auth } } }), { mode: 0o600 });
  return { host, env: { DOCKER_CONFIG: join(work, 'docker') } };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Milliseconds the image may take to be pulled and to answer: machines can be slow. */
const patience = 180_000;

/** What the service answers once it is up; throws where it ends before that. */
async function answerOf(url: string, service: ChildProcess): Promise<string> {
  for (const until = Date.now() + patience; ;) {
    try {
      return await (await fetch(url)).text();
    } catch (error) {
      if (service.exitCode !== null || Date.now() > until) throw error;
      await sleep(100);
    }
  }
}

/** What ran as an ordinary user left files of the user's subordinate ids: removed as they were made, in a namespace. */
async function removeAll(directory: string): Promise<void> {
  try {
    await rm(directory, { recursive: true, force: true });
  } catch {
    const child = spawn('unshare', ['--user', '--map-auto', '--map-root-user', 'rm', '-rf', directory], {
      stdio: 'inherit',
    });
    await once(child, 'exit');
  }
}

try {
  const { host, env } = await serve();
  const image = `${host}/whoami:demo`;
  await run(['build', 'whoami', '--destination', image], 'builder', env);
  const port = await freePort();
  const service = start(['run', image, '--port', String(port)], 'runner', env, 'inherit');
  const url = `http://127.0.0.1:${port}/`;
  const answer = await answerOf(url, service);
  console.log(`\n$ curl ${url}\n${answer}`);
  if (!answer.includes('GET / HTTP/1.1')) throw new Error('That is not what whoami says.');
} finally {
  for (const child of running.reverse()) {
    if (child.exitCode !== null) continue;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  await removeAll(work);
}
