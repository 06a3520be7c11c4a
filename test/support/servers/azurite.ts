/** Azurite, Microsoft's emulator of its blob service; filled by Microsoft's client. */
import { createRequire } from 'node:module';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { npmProgram } from '../npm-programs.ts';
import { cleanEnv, startDaemon } from '../process.ts';
import { tempDir } from '../temp-dir.ts';
import { waitFor } from '../wait.ts';

export interface Azurite extends AsyncDisposable {
  readonly port: number;
  readonly account: string;
  /** In base64; made for this server alone. */
  readonly key: string;
  /** `http://127.0.0.1:PORT/ACCOUNT` */
  readonly url: string;
  /** `AccountName=…;AccountKey=…;BlobEndpoint=…`, for another port where a proxy stands before it. */
  connectionString(port?: number): string;
  /** Stores a blob; makes the container where it is missing. Anybody may read a public one. */
  put(container: string, blob: string, bytes: Uint8Array, access?: 'public'): Promise<void>;
  snapshot(container: string, blob: string): Promise<string>;
  /** A SAS for reading one blob. */
  sas(container: string, blob: string, expires: Date): string;
  stop(): Promise<void>;
}

export interface AzuriteOptions {
  /** Speak https, and take tokens of Microsoft Entra: `Bearer` with the claims that a real one has. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** Starts it on a free loopback port; it keeps everything in memory. */
export async function startAzurite({ tls }: AzuriteOptions = {}): Promise<Azurite> {
  const program = await npmProgram('azure');
  const folder = await tempDir('azurite');
  const account = 'teststore';
  const key = randomBytes(64).toString('base64');
  const script = join(program, 'node_modules/azurite/dist/src/blob/main.js');
  const argv = [process.execPath, script, '--blobHost', '127.0.0.1', '--blobPort', '0', '--inMemoryPersistence'];
  const secure = tls === undefined ? [] : ['--oauth', 'basic', '--cert', tls.cert, '--key', tls.key];
  const daemon = startDaemon([...argv, '--disableTelemetry', '--silent', ...secure], {
    cwd: folder.path,
    env: cleanEnv({ HOME: folder.path, TMPDIR: folder.path, AZURITE_ACCOUNTS: `${account}:${key}` }),
  });
  const stop = async (): Promise<void> => {
    await daemon.stop();
    await folder.remove();
  };
  try {
    const listening = (): number | undefined => {
      if (daemon.child.exitCode !== null) throw new Error(daemon.output());
      const said = /successfully listens on https?:\/\/127\.0\.0\.1:(\d+)/.exec(daemon.output())?.[1];
      return said === undefined ? undefined : Number(said);
    };
    const port = await waitFor('Azurite', listening, 60_000);
    const urlAt = (at: number): string => `${tls ? 'https' : 'http'}://127.0.0.1:${at}/${account}`;
    return {
      port,
      account,
      key,
      url: urlAt(port),
      connectionString: (at = port) => `AccountName=${account};AccountKey=${key};BlobEndpoint=${urlAt(at)};`,
      ...clientOf(program, account, key, urlAt(port)),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** As much of `@azure/storage-blob` as is used here. */
interface Sdk {
  readonly StorageSharedKeyCredential: new (account: string, key: string) => object;
  readonly BlobServiceClient: new (
    url: string,
    credential: object,
  ) => {
    getContainerClient(name: string): {
      createIfNotExists(options: { access?: 'blob' }): Promise<unknown>;
      getBlockBlobClient(name: string): {
        upload(bytes: Uint8Array, length: number): Promise<unknown>;
        createSnapshot(): Promise<{ snapshot?: string }>;
      };
    };
  };
  readonly BlobSASPermissions: { parse(text: string): object };
  generateBlobSASQueryParameters(values: object, credential: object): { toString(): string };
}

function clientOf(
  program: string,
  account: string,
  key: string,
  url: string,
): Pick<Azurite, 'put' | 'snapshot' | 'sas'> {
  const sdk = createRequire(join(program, 'package.json'))('@azure/storage-blob') as Sdk;
  const credential = new sdk.StorageSharedKeyCredential(account, key);
  const service = new sdk.BlobServiceClient(url, credential);
  return {
    async put(container, blob, bytes, access) {
      const client = service.getContainerClient(container);
      await client.createIfNotExists(access === 'public' ? { access: 'blob' } : {});
      await client.getBlockBlobClient(blob).upload(bytes, bytes.length);
    },
    async snapshot(container, blob) {
      const { snapshot } = await service.getContainerClient(container).getBlockBlobClient(blob).createSnapshot();
      return snapshot!;
    },
    sas(container, blob, expires) {
      const permissions = sdk.BlobSASPermissions.parse('r');
      const values = { containerName: container, blobName: blob, permissions, expiresOn: expires };
      return sdk.generateBlobSASQueryParameters(values, credential).toString();
    },
  };
}
