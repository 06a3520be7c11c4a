/** Reads images and checks every promise they make, independently of the product. */
import { spawn } from 'node:child_process';
import { createHash, type Hash } from 'node:crypto';
import { Duplex, Readable, Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { ImageSource } from './image-source.ts';
import { entryLine, flatten, type LineOptions, type ListingEntry } from './listing.ts';
import {
  isIndexType,
  type Descriptor,
  type ImageConfig,
  type Index,
  type Manifest,
  type Platform,
} from './oci-types.ts';
import { listTar } from './raw-tar-list.ts';
import type { TarEntry } from './raw-tar.ts';

export interface ImageLayer {
  readonly descriptor: Descriptor;
  readonly diffId: string;
  /** In the order of the archive. */
  readonly entries: readonly TarEntry[];
}

export interface TestImage {
  readonly digest: string;
  readonly mediaType: string;
  readonly manifest: Manifest;
  readonly config: ImageConfig;
  readonly layers: readonly ImageLayer[];
  /** The files a container would see. */
  readonly listing: readonly ListingEntry[];
}

export interface ReadOptions {
  /** A tag, name or digest; `latest` if not said. */
  readonly reference?: string;
  /** Which image of an index; linux/amd64 if not said. */
  readonly platform?: Platform;
  /** Keep the content of these files (`path` as in the archive). */
  readonly content?: (path: string) => boolean;
}

/** Reads a manifest or index by name, checking it against its digest where it has one. */
export async function readManifest(
  source: ImageSource,
  reference: string,
  expected?: Descriptor,
): Promise<{ descriptor: Descriptor; content: Manifest | Index }> {
  const { bytes, mediaType, claimed } = await source.manifest(reference);
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const content = JSON.parse(bytes.toString()) as Manifest | Index;
  claim(content.schemaVersion === 2, `schemaVersion of ${reference} is ${String(content.schemaVersion)}`);
  claim(
    content.mediaType === undefined || content.mediaType === mediaType,
    `${reference} says it is ${content.mediaType}, served as ${mediaType}`,
  );
  claim(digest === claimed, `${reference} has the digest ${digest}, not ${claimed}`);
  if (reference.startsWith('sha256:')) claim(digest === reference, `${reference} has the digest ${digest}`);
  if (expected !== undefined)
    claim(
      expected.size === bytes.length && expected.mediaType === mediaType,
      `${reference} differs from its descriptor`,
    );
  return { descriptor: { digest, mediaType, size: bytes.length }, content };
}

/** Reads one image; every digest, size, diff id and count is verified. */
export async function readImage(source: ImageSource, options: ReadOptions = {}): Promise<TestImage> {
  let { descriptor, content } = await readManifest(source, options.reference ?? 'latest');
  if (isIndexType(descriptor.mediaType)) {
    const child = choose(content as Index, options.platform ?? { os: 'linux', architecture: 'amd64' });
    ({ descriptor, content } = await readManifest(source, child.digest, child));
  }
  const manifest = content as Manifest;
  const config = JSON.parse((await readBlob(source, manifest.config)).toString()) as ImageConfig;
  const diffIds = config.rootfs.diff_ids;
  claim(diffIds.length === manifest.layers.length, `${manifest.layers.length} layers, but ${diffIds.length} diff ids`);
  const filled = config.history?.filter((entry) => entry.empty_layer !== true).length;
  claim(filled === undefined || filled === diffIds.length, `${diffIds.length} layers, but history tells of ${filled}`);
  const layers: ImageLayer[] = [];
  for (const [at, layer] of manifest.layers.entries())
    layers.push(await readLayer(source, layer, diffIds[at]!, options));
  const { digest, mediaType } = descriptor;
  let listing: readonly ListingEntry[] | undefined;
  return {
    digest,
    mediaType,
    manifest,
    config,
    layers,
    // Made when first asked for: not every stack of layers makes a tree.
    get listing() {
      return (listing ??= flatten(layers.map((layer) => layer.entries)));
    },
  };
}

function choose(index: Index, wanted: Platform): Descriptor {
  const matches = ({ platform }: Descriptor): boolean =>
    platform?.os === wanted.os &&
    platform.architecture === wanted.architecture &&
    (wanted.variant === undefined || platform.variant === wanted.variant);
  const child = index.manifests.find(matches);
  if (child === undefined) throw new Error(`the index has no ${wanted.os}/${wanted.architecture}`);
  return child;
}

async function readBlob(source: ImageSource, descriptor: Descriptor): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await source.blob(descriptor.digest)) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  claim(
    digest === descriptor.digest && bytes.length === descriptor.size,
    `blob ${descriptor.digest} is ${digest} of ${bytes.length} bytes`,
  );
  return bytes;
}

async function readLayer(
  source: ImageSource,
  descriptor: Descriptor,
  diffId: string,
  options: ReadOptions,
): Promise<ImageLayer> {
  const packed = createHash('sha256');
  const plain = createHash('sha256');
  let size = 0;
  const count = hashing(packed, (length) => {
    size += length;
  });
  const input = Readable.from(await source.blob(descriptor.digest)).pipe(count);
  const tar = hashing(plain, () => undefined);
  // An error of any part must reach the reader at the end.
  const forward = (error: Error): void => void tar.destroy(error);
  input.on('error', forward);
  if (/[+.]gzip$/.test(descriptor.mediaType)) input.pipe(createGunzip()).on('error', forward).pipe(tar);
  else if (descriptor.mediaType.endsWith('+zstd')) input.pipe(unzstd()).on('error', forward).pipe(tar);
  else input.pipe(tar);
  const entries = await listTar(tar, options.content === undefined ? {} : { content: options.content });
  const digests = [`sha256:${packed.digest('hex')}`, `sha256:${plain.digest('hex')}`] as const;
  claim(digests[0] === descriptor.digest, `layer ${descriptor.digest} has the digest ${digests[0]}`);
  claim(size === descriptor.size, `layer ${descriptor.digest} has ${size} bytes, not ${descriptor.size}`);
  claim(digests[1] === diffId, `layer ${descriptor.digest} has the diff id ${digests[1]}, not ${diffId}`);
  return { descriptor, diffId, entries };
}

/** By the program: Node's own stream ends without a word at the first of a layer's many frames. */
function unzstd(): Duplex {
  const program = spawn('zstd', ['-dcq'], { stdio: ['pipe', 'pipe', 'inherit'] });
  return Duplex.from({ writable: program.stdin, readable: program.stdout });
}

function hashing(hash: Hash, seen: (length: number) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      seen(chunk.length);
      done(null, chunk);
    },
  });
}

function claim(holds: boolean, complaint: string): void {
  if (!holds) throw new Error(complaint);
}

/** A layer's archive, a line an entry, in its order. */
export function layerText(layer: ImageLayer, options: LineOptions = {}): string {
  return lines(layer.entries.map((entry) => entryLine(entry, options)));
}

/** The files a container would see, a line each. */
export function listingText(image: TestImage, options: LineOptions = {}): string {
  return lines(image.listing.map((entry) => entryLine(entry, options)));
}

export interface ChangesOptions extends LineOptions {
  /** Paths to say nothing about. */
  readonly ignore?: readonly string[];
}

/** What is different in the files of two images: lines with `-` are gone, lines with `+` are new. */
export function changesText(before: TestImage, after: TestImage, options: ChangesOptions = {}): string {
  const only = (image: TestImage, other: TestImage, sign: '-' | '+'): { path: string; text: string }[] => {
    const known = new Set(other.listing.map((entry) => entryLine(entry, options)));
    return image.listing
      .filter((entry) => options.ignore?.includes(entry.path) !== true && !known.has(entryLine(entry, options)))
      .map((entry) => ({ path: entry.path, text: `${sign} ${entryLine(entry, options)}` }));
  };
  const all = [...only(before, after, '-'), ...only(after, before, '+')];
  // Sorting is stable: what is gone stays before what is new at the same path.
  return lines(all.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)).map(({ text }) => text));
}

/** Config, history and files of an image, for a file of what is expected; with `base`, only what changed since. */
export function imageText(image: TestImage, options: ChangesOptions & { readonly base?: TestImage } = {}): string {
  const { os, architecture, variant } = image.config;
  const history = (image.config.history ?? []).map(
    (entry) => `${entry.empty_layer === true ? 'empty' : 'layer'} ${entry.created_by ?? ''}`,
  );
  return [
    `platform ${[os, architecture, ...(variant === undefined ? [] : [variant])].join('/')}\n`,
    `config ${JSON.stringify(sorted(image.config.config ?? {}), null, 2)}\n`,
    `history\n${lines(history.map((line) => `  ${line}`))}`,
    `files\n${options.base === undefined ? listingText(image, options) : changesText(options.base, image, options)}`,
  ].join('');
}

const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join('');

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const pairs = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(pairs.map(([key, inner]) => [key, sorted(inner)]));
}
