import { fileURLToPath } from 'node:url';

/** The folder of this copy of strake, packed or from its sources. */
export const ownFolder = fileURLToPath(import.meta.url).replace(/\/(?:dist|core)\/.*$/, '');

/** The file two calls up: that of whoever called the function that asks. */
export function callerFile(): string | undefined {
  const frames = (new Error('where').stack ?? '').split('\n').slice(3);
  const [, path] = /\(?((?:file:\/\/)?\/[^()]*?):\d+:\d+\)?$/.exec(frames[0] ?? '') ?? [];
  return path?.replace(/^file:\/\//, '').replace(/\?.*$/, '');
}
