/** What tests of contexts in clouds share: archives, and a look for secrets where none may be. */
import { readdirSync, readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { archiveWriter, type Plugin } from '../../../core/index.ts';
import { fakeWorld, type FakeWorldOptions, type Tree } from '../../../core/testing/index.ts';

export async function tarOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  const archive = archiveWriter(async (chunk) => void chunks.push(Uint8Array.from(chunk)));
  for (const [name, content] of Object.entries(files)) {
    const bytes = Buffer.from(content);
    await archive.file(name, bytes.length, [bytes]);
  }
  await archive.end();
  return Buffer.concat(chunks);
}

export const dockerfile = 'FROM scratch\nCOPY . /\n';

/** A context that says which one it is, with the image it becomes. */
export async function project(text: string): Promise<{ readonly bytes: Buffer; readonly image: Tree }> {
  const bytes = gzipSync(await tarOf({ Dockerfile: dockerfile, 'sub/which': text }));
  return { bytes, image: { '/Dockerfile': dockerfile, '/sub/which': text } };
}

/** One that takes several ranges, uncompressed, as its bytes would not shrink. */
export async function largeProject(): Promise<{ readonly bytes: Buffer; readonly content: Buffer }> {
  const content = randomBytes(20 << 20);
  return { bytes: await tarOf({ Dockerfile: dockerfile, data: content }), content };
}

/** Fails where one of the secrets stands in a file below, or in a text. */
export function expectNoSecrets(secrets: readonly string[], folders: readonly string[], ...texts: string[]): void {
  const needles = secrets.filter((secret) => secret !== '');
  expect(needles.length).toBeGreaterThan(0);
  const told = (where: string, bytes: Buffer | string): string[] =>
    needles.some((secret) => bytes.includes(secret)) ? [where] : [];
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  expect(files.flatMap((file) => told(file, readFileSync(file)))).toEqual([]);
  expect(texts.flatMap((text, at) => told(`text ${at}: ${text}`, text))).toEqual([]);
}

/** Opens the large project without building it: is its data what was sent? Not the bytes: no test may print them. */
export async function arrives(
  plugin: Plugin,
  location: string,
  from: FakeWorldOptions,
  content: Buffer,
): Promise<boolean> {
  await using world = fakeWorld(from);
  const scheme = location.split(':')[0]!;
  await using context = await plugin.contexts![0]!.open({ location, scheme }, world);
  return readFileSync(join(context.root, 'data')).equals(content);
}
