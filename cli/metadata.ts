import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { placeOf, type BuildError, type BuildResult, type Descriptor } from '../core/index.ts';

/** What names the image: its manifest, or the index over its platforms. */
export const topOf = ({ finished }: BuildResult): Descriptor =>
  finished.index?.descriptor ?? finished.platforms[0]!.manifest;

/** buildx's keys; of several images one object each, by name. */
export function successMetadata(results: readonly BuildResult[]): object {
  return results.length === 1
    ? imageMetadata(results[0]!)
    : Object.fromEntries(results.map((it) => [it.image, imageMetadata(it)]));
}

function imageMetadata(result: BuildResult): object {
  const { mediaType, digest, size } = topOf(result);
  const { finished, published, reused, performed } = result;
  return {
    ...(finished.platforms.length === 1 && { 'containerimage.config.digest': finished.platforms[0]!.config.digest }),
    'containerimage.descriptor': { mediaType, digest, size },
    'containerimage.digest': digest,
    'image.name': finished.tags.join(','),
    'strake.published': published,
    'strake.steps': { reused, performed },
    'strake.exit': 0,
  };
}

/** Of a failed build: what failed, where, and the exit status; of a failed RUN its own. */
export const failureMetadata = (errors: readonly BuildError[], exit: number): object => ({
  'strake.exit': exit,
  'strake.problems': errors.map(({ code, title, message, hint, exit: own, where }) => ({
    code,
    title,
    message,
    exit: own,
    ...(hint !== undefined && { hint }),
    ...(where.image !== undefined && { image: where.image }),
    ...(where.step !== undefined && { step: where.step }),
    ...(where.at && { at: placeOf(where.at) }),
  })),
});

/** Whole or not at all: another program waits for it. */
export function writeJson(path: string, value: object): void {
  writeWhole(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** The digest alone, as docker writes it: no line break. Of several images one a line, with the name. */
export function writeIds(path: string, results: readonly BuildResult[]): void {
  const text =
    results.length === 1
      ? topOf(results[0]!).digest
      : results.map((result) => `${topOf(result).digest} ${result.image}\n`).join('');
  writeWhole(path, text);
}

function writeWhole(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.strake-${Math.random().toString(36).slice(2)}`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}
