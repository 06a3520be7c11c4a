/**
 * `node tools/complete-lock.ts`: enters the platform packages that `npm install` left out of package-lock.json because
 * the registry in use did not have them for other systems; without them `npm ci` refuses the lock everywhere.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

interface Entry {
  readonly version?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly [more: string]: unknown;
}

export interface Lock {
  readonly packages: Readonly<Record<string, Entry>>;
}

export interface MissingEntry {
  /** Where it would be installed: `node_modules/@scope/name`. */
  readonly place: string;
  readonly version: string;
  /** The package that names it. */
  readonly of: Entry;
}

/** Optional packages that a package of the lock names by exact version and that the lock does not have. */
export function missingOptionals(lock: Lock): MissingEntry[] {
  return Object.entries(lock.packages).flatMap(([place, of]) =>
    Object.entries(of.optionalDependencies ?? {}).flatMap(([name, version]) => {
      if (!/^\d/.test(version) || lookUp(lock, place, name)?.version === version) return [];
      const beside = `${place.slice(0, place.lastIndexOf('node_modules/'))}node_modules/${name}`;
      const free = lock.packages[beside] === undefined;
      return [{ place: free ? beside : `${place}/node_modules/${name}`, version, of }];
    }),
  );
}

/** What node would find from a place: the nearest `node_modules` upwards that has the name. */
function lookUp(lock: Lock, from: string, name: string): Entry | undefined {
  const parts = `/${from}`.split('/node_modules/');
  const places = parts.map((_, at) => [...parts.slice(0, parts.length - at), name].join('/node_modules/').slice(1));
  return [...places, `node_modules/${name}`].map((place) => lock.packages[place]).find((entry) => entry !== undefined);
}

/** System, processor and C library out of a name like `binding-linux-arm64-musl`. */
function platformOf(place: string): Record<string, unknown> {
  const [os = '', cpu = '', libc = ''] = place.replace(/^.*\/(binding-)?/, '').split('-');
  if (os === 'wasm32') return { cpu: [os] };
  const known = { gnu: 'glibc', musl: 'musl' }[libc];
  return { cpu: [cpu], ...(known === undefined ? {} : { libc: [known] }), os: [os] };
}

/** The lock with an entry for each of them, in npm's order. */
export function completed(lock: Lock): Lock {
  const added = missingOptionals(lock).map(({ place, version, of }): [string, Entry] => {
    const shared = Object.fromEntries(
      ['dev', 'license', 'peer', 'engines'].flatMap((key) => (of[key] === undefined ? [] : [[key, of[key]]])),
    );
    return [place, { version, ...platformOf(place), ...shared, optional: true }];
  });
  const packages = [...Object.entries(lock.packages), ...added].sort(([a], [b]) => a.localeCompare(b, 'en'));
  return { ...lock, packages: Object.fromEntries(packages) };
}

if (import.meta.main) {
  const file = fileURLToPath(new URL('../package-lock.json', import.meta.url));
  const lock = JSON.parse(readFileSync(file, 'utf8')) as Lock;
  console.log(`${missingOptionals(lock).length} entries added`);
  writeFileSync(file, `${JSON.stringify(completed(lock), null, 2)}\n`);
}
