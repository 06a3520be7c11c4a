import { describe, expect, test } from 'vitest';
import type { Descriptor, Manifest } from '../../../core/oci/image.ts';
import { dockerMediaTypes, mediaTypes } from '../../../core/oci/media-types.ts';
import { readIndex, readManifest } from '../../../core/oci/read-manifest.ts';
import { manifestIn, writeIndex, writeManifest } from '../../../core/oci/write-manifest.ts';

const digest = (digit: string) => `sha256:${digit.repeat(64)}` as Descriptor['digest'];
const config: Descriptor = { mediaType: mediaTypes.config, digest: digest('a'), size: 2 };
const layer: Descriptor = { mediaType: `${mediaTypes.layer}+gzip`, digest: digest('b'), size: 3 };
const full: Manifest = {
  mediaType: mediaTypes.manifest,
  artifactType: 'application/x.thing',
  config: { ...config, data: 'e30=' },
  layers: [
    layer,
    {
      ...layer,
      digest: digest('c'),
      urls: ['https://example.org/c'],
      annotations: [
        ['z', '<'],
        ['a', '1'],
      ],
    },
  ],
  subject: { ...config, mediaType: mediaTypes.manifest, artifactType: 'application/x.subject' },
  annotations: [
    ['org.opencontainers.image.title', 'x & y'],
    ['a', '1'],
  ],
};
const parse = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString());

test('the bytes of a manifest are these', () => {
  const written = writeManifest({
    mediaType: mediaTypes.manifest,
    config,
    layers: [layer],
    annotations: [
      ['b', '<'],
      ['a', '1'],
    ],
  });
  expect(written.toString()).toBe(
    `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",` +
      `"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"${digest('a')}","size":2},` +
      `"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"${digest('b')}","size":3}],` +
      `"annotations":{"a":"1","b":"\\u003c"}}`,
  );
});

test('everything in a manifest comes back', () => {
  const sorted = { ...full, annotations: [...full.annotations].reverse() };
  const read = readManifest(writeManifest(full));
  expect(read).toEqual({
    ...sorted,
    layers: [
      layer,
      {
        ...full.layers[1],
        annotations: [
          ['a', '1'],
          ['z', '<'],
        ],
      },
    ],
  });
  expect(writeManifest(read).equals(writeManifest(full))).toBe(true);
});

test('an index with platforms comes back', () => {
  const manifests: Descriptor[] = [
    {
      mediaType: mediaTypes.manifest,
      digest: digest('d'),
      size: 5,
      annotations: [['a', 'b']],
      platform: { os: 'windows', architecture: 'amd64', osVersion: '10.0.1', osFeatures: ['win32k'] },
    },
    {
      mediaType: mediaTypes.manifest,
      digest: digest('e'),
      size: 6,
      platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
    },
  ];
  const written = writeIndex({ manifests, annotations: [['x', 'y']] });
  expect(readIndex(written)).toEqual({ mediaType: mediaTypes.index, manifests, annotations: [['x', 'y']] });
  expect(parse(written)).toMatchObject({
    schemaVersion: 2,
    manifests: [
      { platform: { architecture: 'amd64', os: 'windows', 'os.version': '10.0.1', 'os.features': ['win32k'] } },
      { platform: { architecture: 'arm', os: 'linux', variant: 'v7' } },
    ],
  });
});

test("docker's dialect has its own names and no annotations", () => {
  const docker = manifestIn('docker', { ...full, layers: [layer] });
  expect(parse(writeManifest(docker))).toMatchObject({
    schemaVersion: 2,
    mediaType: dockerMediaTypes.manifest,
    config: { mediaType: dockerMediaTypes.config },
    layers: [{ mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip' }],
  });
  expect(parse(writeManifest(docker))).not.toHaveProperty('annotations');
  expect(manifestIn('oci', docker).layers).toEqual([layer]);
});

describe('what a manifest is', () => {
  const bare = { schemaVersion: 2, config, layers: [] };
  const text = (content: object): Buffer => Buffer.from(JSON.stringify(content));

  test('it says itself, else whoever sent it, else its members', () => {
    expect(readManifest(text({ ...bare, mediaType: dockerMediaTypes.manifest }), mediaTypes.manifest).mediaType).toBe(
      dockerMediaTypes.manifest,
    );
    expect(readManifest(text(bare), `${dockerMediaTypes.manifest}; charset=utf-8`).mediaType).toBe(
      dockerMediaTypes.manifest,
    );
    expect(readManifest(text(bare), 'application/json').mediaType).toBe(mediaTypes.manifest);
    expect(readIndex(text({ schemaVersion: 2, manifests: [] })).mediaType).toBe(mediaTypes.index);
  });

  test('null stands for absent', () => {
    const read = readManifest(
      text({ ...bare, annotations: null, subject: null, layers: [{ ...layer, urls: null, platform: null }] }),
    );
    expect(read.layers).toEqual([layer]);
    expect(read).not.toHaveProperty('subject');
  });

  test.each([
    ['no JSON', 'x', 'MANIFEST_INVALID', 'it is no JSON'],
    ['a list', '[]', 'MANIFEST_INVALID', 'it is no JSON object'],
    ['both at once', JSON.stringify({ ...bare, manifests: [] }), 'MANIFEST_INVALID', 'manifest and index at once'],
    ['an index', JSON.stringify({ schemaVersion: 2, manifests: [] }), 'MANIFEST_UNSUPPORTED', mediaTypes.index],
    ['schema 1', '{"schemaVersion":1}', 'MANIFEST_UNSUPPORTED', 'manifest.v1+json'],
    ['something else', JSON.stringify({ ...bare, mediaType: 'a/b' }), 'MANIFEST_UNSUPPORTED', 'a/b'],
    ['no version', JSON.stringify({ config, layers: [] }), 'MANIFEST_INVALID', 'schemaVersion'],
    ['no layers', JSON.stringify({ schemaVersion: 2, config }), 'MANIFEST_INVALID', 'layers is no array'],
    [
      'a digest of another kind',
      JSON.stringify({ ...bare, layers: [layer, { ...layer, digest: 'md5:1' }] }),
      'MANIFEST_INVALID',
      'layers.1.digest is no sha256 digest',
    ],
    [
      'a negative size',
      JSON.stringify({ ...bare, config: { ...config, size: -1 } }),
      'MANIFEST_INVALID',
      'config.size is too small',
    ],
    [
      'half a byte',
      JSON.stringify({ ...bare, config: { ...config, size: 0.5 } }),
      'MANIFEST_INVALID',
      'config.size is no int',
    ],
  ])('%s is refused', (_, content, code, reason) => {
    expect(() => readManifest(Buffer.from(content))).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(reason) }),
    );
  });
});

test('a written manifest is what the image specification asks for', () => {
  const type = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/;
  const isDescriptor = (value: unknown): void => {
    const it = value as Record<string, unknown>;
    expect(it['mediaType']).toMatch(type);
    expect(it['digest']).toMatch(/^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/);
    expect(Number.isSafeInteger(it['size'])).toBe(true);
  };
  for (const manifest of [full, manifestIn('docker', full)]) {
    const written = parse(writeManifest(manifest)) as { config: unknown; layers: unknown[]; mediaType: string };
    expect(written).toMatchObject({ schemaVersion: 2 });
    expect(written.mediaType).toMatch(type);
    [written.config, ...written.layers].forEach(isDescriptor);
  }
});
