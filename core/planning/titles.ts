import type { Platform } from '../oci/image.ts';
import { printPlatform } from '../oci/platform.ts';

/** Numbers the steps of a stage as people know it: `[build 2/5] RUN npm ci`. */
export interface StepTitles {
  /** Of a step that does something to files: counted. */
  counted(text: string, trigger: boolean): string;
  plain(text: string, trigger: boolean): string;
}

/**
 * Counted are a FROM that names an image, RUN, COPY, ADD and WORKDIR; the total also counts every trigger of the base,
 * whatever it does, as BuildKit's numbers do.
 */
export function stepTitles(prefix: readonly string[], total: number, first: number): StepTitles {
  let number = first;
  const width = String(total).length;
  const titled = (parts: readonly string[], text: string, trigger: boolean): string =>
    [...(parts.length > 0 ? [`[${parts.join(' ')}]`] : []), ...(trigger ? ['ONBUILD'] : []), text].join(' ');
  return {
    counted(text, trigger) {
      number++;
      return titled([...prefix, `${String(number).padStart(width)}/${total}`], text, trigger);
    },
    plain: (text, trigger) => titled(prefix, text, trigger),
  };
}

/** `->arm64` where a stage runs on one platform to build for another. */
export function crossArrow(own: Platform, target: Platform): string {
  if (own.os !== target.os) return `->${printPlatform(target)}`;
  if (own.architecture === target.architecture) return '';
  return `->${[target.architecture, target.variant].filter(Boolean).join('/')}`;
}
