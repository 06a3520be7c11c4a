import { describe, expect, test } from 'vitest';
import type { Descriptor, Platform } from '../../../core/oci/image.ts';
import { choosePlatform, platformsIn } from '../../../core/oci/choose-platform.ts';
import { mediaTypes } from '../../../core/oci/media-types.ts';
import { normalisePlatform, parsePlatform, printPlatform } from '../../../core/oci/platform.ts';

const arm: Platform = { os: 'linux', architecture: 'arm', variant: 'v6' };

test.each([
  ['linux/amd64', 'linux/amd64'],
  ['linux/amd64/v1', 'linux/amd64'],
  ['linux/amd64/v3', 'linux/amd64/v3'],
  ['linux/x86_64', 'linux/amd64'],
  ['linux/x86-64', 'linux/amd64'],
  ['x86_64', 'linux/amd64'],
  ['linux/i386', 'linux/386'],
  ['linux/aarch64', 'linux/arm64'],
  ['linux/arm64/v8', 'linux/arm64'],
  ['linux/arm64/v9', 'linux/arm64/v9'],
  ['arm64', 'linux/arm64'],
  ['linux/arm', 'linux/arm/v7'],
  ['linux/arm/7', 'linux/arm/v7'],
  ['linux/armhf', 'linux/arm/v7'],
  ['linux/armel', 'linux/arm/v6'],
  ['Linux/ARM64', 'linux/arm64'],
  ['macos/arm64', 'darwin/arm64'],
  ['linux', 'linux/amd64'],
  ['windows', 'windows/amd64'],
  ['windows(10.0.17763.1)/amd64', 'windows(10.0.17763.1)/amd64'],
  ['plan9/mips', 'plan9/mips'],
])('%s is %s', (text, expected) => {
  const platform = parsePlatform(text);
  expect(printPlatform(platform)).toBe(expected);
  expect(parsePlatform(expected)).toEqual(platform);
  expect(normalisePlatform(platform)).toEqual(platform);
});

test.each([
  '',
  '/',
  'linux/',
  '/amd64',
  'linux/amd64/v1/x',
  'nonsense',
  'linux/a b',
  'linux()(x)/amd64',
  'linux amd64',
])('%j is none', (text) => {
  expect(() => parsePlatform(text)).toThrow('is no platform');
});

test('what is not said is the host', () => {
  expect(printPlatform(parsePlatform('linux', arm))).toBe('linux/arm/v6');
  expect(printPlatform(parsePlatform('arm64', { os: 'darwin', architecture: 'amd64' }))).toBe('darwin/arm64');
  expect(parsePlatform('windows(10.0+win32k)/amd64')).toEqual({
    os: 'windows',
    architecture: 'amd64',
    osVersion: '10.0',
    osFeatures: ['win32k'],
  });
});

describe('out of an index', () => {
  const manifest = (platform?: string, more: Partial<Descriptor> = {}): Descriptor => ({
    mediaType: mediaTypes.manifest,
    digest: `sha256:${platform}` as never,
    size: 1,
    ...(platform !== undefined && { platform: parsePlatform(platform) }),
    ...more,
  });
  const chosen = (wanted: string, ...offered: string[]): string | undefined =>
    choosePlatform(
      offered.map((it) => manifest(it)),
      parsePlatform(wanted),
    )?.digest.slice(7);

  test.each([
    ['linux/arm64', ['linux/amd64', 'linux/arm64'], 'linux/arm64'],
    ['linux/arm64', ['linux/arm/v7', 'linux/arm64/v8'], 'linux/arm64/v8'],
    ['linux/arm64', ['linux/arm/v6', 'linux/arm/v7'], 'linux/arm/v7'],
    ['linux/arm/v7', ['linux/arm/v5', 'linux/arm/v6', 'linux/arm64'], 'linux/arm/v6'],
    ['linux/arm/v6', ['linux/arm/v7'], undefined],
    ['linux/amd64', ['linux/386', 'linux/amd64'], 'linux/amd64'],
    ['linux/amd64', ['linux/386'], 'linux/386'],
    ['linux/amd64', ['linux/amd64/v3'], undefined],
    ['linux/amd64/v3', ['linux/amd64', 'linux/amd64/v4', 'linux/amd64/v2'], 'linux/amd64/v2'],
    ['linux/386', ['linux/amd64'], undefined],
    ['linux/riscv64', ['linux/riscv64', 'linux/amd64'], 'linux/riscv64'],
    ['windows/amd64', ['linux/amd64'], undefined],
    [
      'windows(10.0.17763.5)/amd64',
      ['windows(10.0.20348.1)/amd64', 'windows(10.0.17763.9)/amd64', 'windows(10.0.17763.10)/amd64'],
      'windows(10.0.17763.10)/amd64',
    ],
  ] as const)('%s from %j is %s', (wanted, offered, expected) => {
    expect(chosen(wanted, ...offered)).toBe(expected);
  });

  test('attestations and what is no image are no choice', () => {
    const unknown = { platform: { os: 'unknown', architecture: 'unknown' } };
    const index = [
      manifest('linux/amd64', { annotations: [['vnd.docker.reference.type', 'attestation-manifest']] }),
      manifest(undefined, unknown),
      manifest('linux/amd64', { mediaType: 'application/json' }),
      manifest('linux/arm64'),
    ];
    expect(choosePlatform(index, parsePlatform('linux/amd64'))).toBeUndefined();
    expect(platformsIn(index)).toEqual(['linux/arm64']);
  });

  test('a single image that does not say what it is for is taken', () => {
    const silent = manifest();
    expect(choosePlatform([silent], parsePlatform('linux/s390x'))).toBe(silent);
    expect(choosePlatform([silent, manifest()], parsePlatform('linux/s390x'))).toBeUndefined();
    expect(choosePlatform([silent, manifest('linux/amd64')], parsePlatform('linux/s390x'))).toBeUndefined();
  });
});
