import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  createBuilder,
  hostPath,
  openWorld,
  toPrehook,
  type AnyPrehookSetting,
  type BuildEvent,
  type Builder,
  type ImageRequest,
  type Plugin,
} from '../../../core/index.ts';
import { layersTree, type Tree } from '../../../core/testing/index.ts';
import { localContext } from '../../../plugins/local-context/index.ts';
import { storePlugin } from '../../../plugins/store/index.ts';

export interface SceneOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly plugins?: readonly Plugin[];
}

/** A project of a test's own, its builds with a store that stays, and what they said. */
export interface Scene extends Disposable {
  readonly folder: string;
  at(...path: string[]): string;
  write(files: Readonly<Record<string, string>>): void;
  /** Builds images by what they want done before; gives the files of each. */
  build(
    images: Readonly<Record<string, readonly AnyPrehookSetting[]>>,
    over?: Partial<ImageRequest>,
    options?: SceneOptions,
  ): Promise<Readonly<Record<string, Tree>>>;
  /** Of the last build: events of steps and output, one line each. */
  readonly lines: string[];
  /** How prehooks of the last build ended: `end`, `cached`, `failed`. */
  states(): string[];
  builder(options?: SceneOptions): Builder;
}

export function openScene(files: Readonly<Record<string, string>> = {}): Scene {
  const top = realpathSync(mkdtempSync(join(tmpdir(), 'strake-prehooks-')));
  const folder = join(top, 'project');
  const lines: string[] = [];
  const at = (...path: string[]): string => join(folder, ...path);
  const write = (given: Readonly<Record<string, string>>): void => {
    for (const [path, text] of Object.entries(given)) {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), text);
    }
  };
  const builder = ({ env = {}, signal, plugins = [] }: SceneOptions = {}): Builder =>
    createBuilder({
      plugins: [localContext(), storePlugin(), ...plugins],
      world: openWorld(
        {
          ...process,
          cwd: () => folder,
          env: { PATH: process.env['PATH'], TMPDIR: top, ...env },
          stdin: process.stdin,
        },
        { report: (event) => note(event, lines), ...(signal && { signal }) },
      ),
      storeFolder: hostPath(join(top, 'store')),
    });
  write({ Dockerfile: 'FROM scratch\nCOPY . /\n', '.dockerignore': 'Dockerfile\n.dockerignore\n', ...files });
  return {
    folder,
    at,
    write,
    lines,
    builder,
    states: () => lines.flatMap((line) => /prebuild .*: (cached|end|failed)$/.exec(line)?.[1] ?? []),
    async build(images, over = {}, options = {}) {
      lines.length = 0;
      const own = builder(options);
      const requests = Object.entries(images).map(([name, settings]) =>
        requestOf(name, { prebuild: settings.map((setting) => toPrehook(setting, folder)), ...over }),
      );
      const results = await own.build(requests);
      const { blobs } = await own.workshop();
      const found: Record<string, Tree> = {};
      for (const { image, finished } of results) found[image] = await layersTree(finished.platforms[0]!.layers, blobs);
      return found;
    },
    [Symbol.dispose]: () => rmSync(top, { recursive: true, force: true }),
  };
}

/** Paths of an image, plain directories left out. */
export const names = (tree: Tree | undefined): string[] => Object.keys(tree ?? {}).toSorted();

export const requestOf = (name: string, over: Partial<ImageRequest>): ImageRequest => ({
  name,
  context: '.',
  platforms: [],
  args: [],
  labels: [],
  annotations: [],
  tags: [],
  outputs: [],
  contexts: [],
  prebuild: [],
  noCache: false,
  ...over,
});

function note(event: BuildEvent, lines: string[]): void {
  if (event.type === 'step') lines.push(`${event.title}: ${event.state}`);
  if (event.type === 'notice') lines.push(`${event.code} ${event.message}`);
  if (event.type !== 'output') return;
  const text = Buffer.from(event.chunk).toString();
  // A command may write in any number of pieces.
  if (lines.at(-1)?.startsWith(event.stream)) lines.push(lines.pop()! + text);
  else lines.push(`${event.stream} ${text}`);
}
