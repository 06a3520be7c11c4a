import {
  digestOf,
  emptyRuntimeConfig,
  fromUtf8,
  packLayer,
  storeLayer,
  writeConfig,
  type CacheKey,
  type ImageConfig,
  type ImagePath,
  type Layer,
  type PackEntry,
  type ResolvedImage,
  type Surroundings,
} from '../../core/index.ts';
import type { RuntimeFile } from './collect-files.ts';

/** One layer with the files under their places, remembered in the store by what the files are. */
export async function runtimeImage(
  name: string,
  files: readonly RuntimeFile[],
  workshop: Surroundings,
): Promise<ResolvedImage> {
  const layer = await layerOf(files, workshop);
  const config: ImageConfig = {
    platform: workshop.world.host,
    config: {
      ...emptyRuntimeConfig,
      env: [['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']],
      cmd: ['node'],
    },
    diffIds: [layer.diffId],
    history: [{ createdBy: `node runtime "${name}"` }],
  };
  return {
    reference: name,
    digest: digestOf(writeConfig(config)),
    config,
    layers: [layer],
    open: (descriptor, offset) => workshop.store.blobs.open(descriptor.digest, offset),
  };
}

async function layerOf(files: readonly RuntimeFile[], workshop: Surroundings): Promise<Layer> {
  const { store, world } = workshop;
  const inputs = files.map((file) => [file.path, `${file.source} ${file.size} ${file.mtimeMs}`] as const);
  const key = digestOf(JSON.stringify(['node-runtime 1', inputs])).slice(7) as CacheKey;
  const known = (await store.records.find([key])).get(key);
  if (known && (await store.blobs.has(known.layer.descriptor.digest))) return known.layer;
  const begun = performance.now();
  const layer = await storeLayer(store, (write) =>
    packLayer(entriesOf(files), { compression: { type: 'gzip' }, write, signal: world.signal }),
  );
  await store.records.save({
    key,
    layer,
    inputs,
    step: 'node runtime',
    created: world.now().toISOString(),
    ms: Math.round(performance.now() - begun),
  });
  return layer;
}

const links = [
  ['/bin', 'usr/bin'],
  ['/lib', 'usr/lib'],
  ['/lib64', 'usr/lib64'],
  ['/sbin', 'usr/sbin'],
] as const;
const texts = [
  ['/etc/group', 'root:x:0:\nnogroup:x:65534:\n'],
  ['/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n'],
] as const;

function entriesOf(files: readonly RuntimeFile[]): PackEntry[] {
  const plain = { mode: 0o755, uid: 0, gid: 0, mtime: 0 };
  const entries = new Map<string, PackEntry>();
  const at = (path: string): ImagePath => fromUtf8(path) as string as ImagePath;
  const directory = (path: string, mode = 0o755): void => {
    if (path === '' || entries.has(path)) return;
    directory(path.slice(0, path.lastIndexOf('/')));
    entries.set(path, { ...plain, type: 'directory', path: at(path), mode });
  };
  for (const path of ['/etc', '/root', '/usr/bin', '/usr/lib', '/usr/lib64', '/usr/sbin', '/var/tmp']) directory(path);
  directory('/tmp', 0o1777);
  for (const [path, target] of links)
    entries.set(path, { ...plain, mode: 0o777, type: 'symlink', path: at(path), target: fromUtf8(target) });
  for (const [path, text] of texts) {
    const bytes = Buffer.from(text);
    entries.set(path, {
      ...plain,
      mode: 0o644,
      type: 'file',
      path: at(path),
      size: bytes.length,
      content: { from: 'bytes', bytes },
    });
  }
  for (const file of files) {
    directory(file.path.slice(0, file.path.lastIndexOf('/')));
    entries.set(file.path, {
      ...plain,
      type: 'file',
      path: at(file.path),
      size: file.size,
      content: { from: 'file', path: file.source },
    });
  }
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}
