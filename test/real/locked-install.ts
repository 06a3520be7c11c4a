/** A folder with a packed strake in it, installed by npm with the versions of our own lock: nothing is asked of a registry. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reachingNpm } from '../support/npm.ts';
import { cleanEnv, run } from '../support/process.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly [more: string]: unknown;
}

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

/** With the Node of this repository in front: npm itself runs on whatever the machine has. */
export const packageEnv = (more: Readonly<Record<string, string>> = {}): Record<string, string> =>
  cleanEnv({ PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, HOME: process.env['HOME'] ?? '/', ...more });

/** `npm pack` of this repository; the path of what it made. */
export async function packStrake(folder: string): Promise<string> {
  await run(['npm', 'pack', '--pack-destination', folder], { cwd: root, env: packageEnv(), timeout: 280_000 });
  return join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.tgz'))!,
  );
}

/** `npm ci` in `app`, whose workspaces are the folders below `packages`. */
export async function installLocked(app: string, tarball: string): Promise<void> {
  mkdirSync(join(app, 'packages'), { recursive: true });
  const spec = `file:${tarball}`;
  const own = {
    name: 'app',
    version: '1.0.0',
    private: true,
    type: 'module',
    workspaces: ['packages/*'],
    dependencies: { strake: spec },
  };
  writeFileSync(join(app, 'package.json'), JSON.stringify(own));
  writeFileSync(join(app, 'package-lock.json'), JSON.stringify(lockOf(app, spec, own)));
  const quiet = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  await run(['npm', 'ci', ...quiet], { cwd: app, env: packageEnv(reachingNpm()), timeout: 280_000 });
}

function lockOf(app: string, spec: string, own: object): object {
  const ours = readJson(join(root, 'package-lock.json')) as { readonly packages: Readonly<Record<string, Entry>> };
  const { version, dependencies, engines, bin } = readJson(join(root, 'package.json')) as Manifest;
  const places = readdirSync(join(app, 'packages')).map((name) => `packages/${name}`);
  const links = places.map((place) => {
    const { name } = readJson(join(app, place, 'package.json')) as Manifest;
    return [`node_modules/${name}`, { resolved: place, link: true }] as const;
  });
  const others = Object.entries(ours.packages).filter(
    ([place, { link }]) => place.startsWith('node_modules/') && !link,
  );
  return {
    name: 'app',
    lockfileVersion: 3,
    requires: true,
    packages: {
      '': own,
      ...Object.fromEntries(places.map((place) => [place, readJson(join(app, place, 'package.json'))])),
      ...Object.fromEntries(links),
      'node_modules/strake': { version, resolved: spec, dependencies, engines, bin },
      ...Object.fromEntries(others.map(([place, entry]) => [place, { ...entry, dev: false }])),
    },
  };
}

interface Entry {
  readonly link?: boolean;
  readonly dev?: boolean;
}
