import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { problem } from '../base/errors.ts';

/** From this file as source, and from wherever a bundle puts it. */
const places = ['./main.ts', './main.js', '../worker/main.js', './core/worker/main.js', '../core/worker/main.js'];

/** The file a worker process and its threads begin with. */
export function workerEntry(): string {
  const found = places.map((place) => fileURLToPath(new URL(place, import.meta.url))).find((path) => existsSync(path));
  if (found === undefined)
    throw problem('INTERNAL', { reason: 'The entry of the worker is missing from this installation.' });
  return found;
}
