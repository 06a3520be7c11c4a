import { expect, test } from 'vitest';
import {
  compressionOf,
  dockerMediaTypes,
  isForeignLayer,
  isLayerType,
  layerMediaType,
  mediaTypeIn,
  mediaTypes,
} from '../../../core/oci/media-types.ts';

const layers = [
  ['application/vnd.oci.image.layer.v1.tar+gzip', 'application/vnd.docker.image.rootfs.diff.tar.gzip', 'gzip', false],
  ['application/vnd.oci.image.layer.v1.tar+zstd', 'application/vnd.docker.image.rootfs.diff.tar.zstd', 'zstd', false],
  ['application/vnd.oci.image.layer.v1.tar', 'application/vnd.docker.image.rootfs.diff.tar', 'none', false],
  [
    'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
    'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    'gzip',
    true,
  ],
] as const;

test.each(layers)('%s is %s', (oci, docker, compression, foreign) => {
  for (const type of [oci, docker]) {
    expect(isLayerType(type)).toBe(true);
    expect(isForeignLayer(type)).toBe(foreign);
    expect(compressionOf(type)).toBe(compression);
    expect(mediaTypeIn('oci', type)).toBe(oci);
    expect(mediaTypeIn('docker', type)).toBe(docker);
  }
  if (foreign) return;
  expect(layerMediaType(compression)).toBe(oci);
  expect(layerMediaType(compression, 'docker')).toBe(docker);
});

test('manifests, indexes and configs have two names, all else one', () => {
  for (const kind of ['manifest', 'index', 'config'] as const) {
    expect(mediaTypeIn('docker', mediaTypes[kind])).toBe(dockerMediaTypes[kind]);
    expect(mediaTypeIn('oci', dockerMediaTypes[kind])).toBe(mediaTypes[kind]);
  }
  for (const other of ['application/vnd.in-toto+json', 'application/x.tar+gzip', mediaTypes.empty]) {
    expect(isLayerType(other)).toBe(false);
    expect(mediaTypeIn('docker', other)).toBe(other);
  }
});
