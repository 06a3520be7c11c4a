/** What is built: contexts with the same content on every machine. */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes, randomNumbers } from './random.ts';
import { textSource } from './text.ts';

const mebibyte = 1 << 20;

/** 20,000 files, 207 MB of text in all; six of ten are smaller than 4 KB. */
export function writeManyFiles(directory: string): void {
  const next = randomNumbers(1);
  const text = textSource(2);
  // Sizes are drawn once, then the large ones take what is missing to the sum.
  const count = 20_000;
  const total = 207e6;
  const sizes = Array.from({ length: count }, (_, at) =>
    at % 10 < 6 ? next(4096) : Math.round(4096 * 10 ** (next(1000) / 700)),
  );
  const small = sum(sizes.filter((_, at) => at % 10 < 6));
  const factor = (total - small) / (sum(sizes) - small);
  const largest = Buffer.alloc(1 << 18);
  sizes.forEach((size, at) => {
    const folder = join(directory, `package-${String(at % 400).padStart(3, '0')}`, 'source');
    if (at < 400) mkdirSync(folder, { recursive: true });
    const wanted = at % 10 < 6 ? size : Math.round(size * factor);
    writeFileSync(join(folder, `module-${at}.ts`), text.fill(largest.subarray(0, wanted)));
  });
}

/** One file of 1 GiB: text and random bytes in turns of a few hundred bytes, so that it packs to about 60 %. */
export function writeBigFile(directory: string): void {
  const next = randomNumbers(3);
  const text = textSource(4);
  const random = randomBytes(5);
  const block = Buffer.alloc(mebibyte);
  const file = openSync(join(directory, 'model.bin'), 'w');
  for (let written = 0; written < 1024; written++) {
    for (let at = 0; at < block.length;) {
      const piece = block.subarray(at, at + 128 + next(1024));
      (next(3) === 0 ? random : text).fill(piece);
      at += piece.length;
    }
    writeSync(file, block);
  }
  closeSync(file);
}

/** 2 GB that cannot be compressed, as so many files of the same size. */
export function writeIncompressible(directory: string, files: number): void {
  const random = randomBytes(6);
  const size = Math.floor(2e9 / files);
  const block = Buffer.alloc(Math.min(size, mebibyte));
  for (let at = 0; at < files; at++) {
    const folder = join(directory, String(Math.floor(at / 1000)));
    if (at % 1000 === 0) mkdirSync(folder);
    const file = openSync(join(folder, `${at}.bin`), 'w');
    for (let left = size; left > 0; left -= block.length)
      writeSync(file, random.fill(block.subarray(0, Math.min(left, block.length))));
    closeSync(file);
  }
}

/** 200,000 files of 500 bytes. */
export function writeSmallFiles(directory: string): void {
  const random = randomBytes(7);
  const content = Buffer.alloc(500);
  for (let at = 0; at < 200_000; at++) {
    const folder = join(directory, String(Math.floor(at / 100)));
    if (at % 100 === 0) mkdirSync(folder);
    writeFileSync(join(folder, `${at}.bin`), random.fill(content));
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
