/** The storage emulator of firebase-tools: Google's own stand-in for the JSON API of Cloud Storage. It checks no tokens. */
import { writeFile } from 'node:fs/promises';
import { npmProgram } from '../npm-programs.ts';
import { cleanEnv, startDaemon } from '../process.ts';
import { tempDir } from '../temp-dir.ts';
import { waitFor } from '../wait.ts';

export interface GcsEmulator extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Stores an object and returns its generation. */
  put(bucket: string, object: string, bytes: Uint8Array): Promise<string>;
  stop(): Promise<void>;
}

/** Without its rules, which are those of another API and want Java. */
const launcher = `
const { createRequire } = require('node:module');
const load = createRequire(process.argv[2] + '/package.json');
const { StorageEmulator } = load('firebase-tools/lib/emulator/storage/index.js');
const { createApp } = load('firebase-tools/lib/emulator/storage/server.js');
const { EmulatorRegistry } = load('firebase-tools/lib/emulator/registry.js');
const rules = { name: 'storage.rules', content: 'service firebase.storage{}' };
const emulator = new StorageEmulator({ projectId: 'test', host: '127.0.0.1', port: 1, rules });
EmulatorRegistry.url = () => new URL('http://127.0.0.1:1');
emulator._cloudFunctions.dispatch = async () => {};
createApp('test', emulator).then((app) => {
  const server = app.listen(0, '127.0.0.1', () => console.log('listens on ' + server.address().port));
});
`;

/** Starts it on a free loopback port. */
export async function startGcsEmulator(): Promise<GcsEmulator> {
  const program = await npmProgram('gcs');
  const folder = await tempDir('gcs');
  await writeFile(folder.at('start.cjs'), launcher);
  const daemon = startDaemon([process.execPath, folder.at('start.cjs'), program], {
    cwd: folder.path,
    env: cleanEnv({ HOME: folder.path, TMPDIR: folder.path }),
  });
  const stop = async (): Promise<void> => {
    await daemon.stop();
    await folder.remove();
  };
  try {
    const port = await waitFor(
      'the storage emulator',
      () => {
        if (daemon.child.exitCode !== null) throw new Error(daemon.output());
        const said = /listens on (\d+)/.exec(daemon.output())?.[1];
        return said === undefined ? undefined : Number(said);
      },
      60_000,
    );
    const url = `http://127.0.0.1:${port}`;
    return { port, url, put: (...args) => upload(url, ...args), stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function upload(url: string, bucket: string, object: string, bytes: Uint8Array): Promise<string> {
  const query = new URLSearchParams({ uploadType: 'media', name: object });
  const response = await fetch(`${url}/upload/storage/v1/b/${bucket}/o?${query.toString()}`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: Buffer.from(bytes),
  });
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return ((await response.json()) as { generation: string }).generation;
}
