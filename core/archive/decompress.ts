import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import { pipeline } from 'node:stream';
import { Readable } from 'node:stream';
import { problem } from '../base/errors.ts';
import { BuildError } from '../base/errors.ts';

export type CompressedFormat = 'gzip' | 'zstd' | 'bzip2' | 'xz';

const magics: readonly (readonly [CompressedFormat, Buffer])[] = [
  ['gzip', Buffer.from([0x1f, 0x8b, 8])],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
  ['bzip2', Buffer.from('BZh')],
  ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0])],
];
