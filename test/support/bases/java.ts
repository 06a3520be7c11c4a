/** Java in some fifty megabytes: busybox, and of this machine's JDK the compiler, the archiver and what programs stand on. */
import { readFile, readdir, realpath } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { ImageInput } from '../oci-layout.ts';
import { ensurePackages } from '../packages.ts';
import { run } from '../process.ts';
import { writeTar, type TarItem } from '../raw-tar.ts';
import { tempDir } from '../temp-dir.ts';
import { busyboxConfig, busyboxImage } from './busybox.ts';

const home = 'opt/java';
const modules = ['java.base', 'jdk.compiler', 'jdk.jartool'];

export async function javaImage(): Promise<ImageInput> {
  await ensurePackages(['default-jdk-headless']);
  const busybox = await busyboxImage(process.arch === 'arm64' ? 'arm64' : 'amd64');
  await using directory = await tempDir('jlink');
  const runtime = directory.at('java');
  const lean = ['--strip-java-debug-attributes', '--no-header-files', '--no-man-pages', '--compress=2'];
  await run(['jlink', ...lean, '--add-modules', modules.join(','), '--output', runtime], { timeout: 120_000 });
  const files = await itemsOf(runtime);
  return {
    ...busybox,
    layers: [...busybox.layers, { tar: writeTar([...files, ...(await librariesOf(runtime))]), createdBy: 'jlink' }],
    config: { ...busyboxConfig, Env: [`PATH=/${home}/bin:/usr/bin:/usr/sbin:/bin:/sbin`] },
  };
}

async function itemsOf(runtime: string): Promise<TarItem[]> {
  const entries = await readdir(runtime, { recursive: true, withFileTypes: true });
  const items: TarItem[] = [];
  for (const entry of entries.filter((one) => !one.isDirectory())) {
    const path = join(entry.parentPath, entry.name);
    const isProgram = /\/bin\/|\.so|jspawnhelper/.test(path);
    // Licences are links; what they lead to is what counts.
    items.push({
      path: `${home}/${relative(runtime, path)}`,
      mode: isProgram ? 0o755 : 0o644,
      content: await readFile(path),
    });
  }
  return items.toSorted((a, b) => (String(a.path) < String(b.path) ? -1 : 1));
}

/** Of the machine, under the paths where the programs look for them. */
async function librariesOf(runtime: string): Promise<TarItem[]> {
  const entries = await readdir(runtime, { recursive: true });
  const programs = entries.filter((name) => /^bin\/java$|\.so$/.test(name)).map((name) => join(runtime, name));
  const { stdout } = await run(['ldd', ...programs]);
  const found = [...stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map((match) => match[1]!);
  const outside = [...new Set(found)].filter((path) => !path.startsWith(runtime));
  return Promise.all(
    outside.toSorted().map(async (path): Promise<TarItem> => ({
      path: path.slice(1),
      mode: 0o755,
      content: await readFile(await realpath(path)),
    })),
  );
}
