/** `npm pack` runs it: makes `dist`, which is what is published, out of the sources. */
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown, type Plugin } from 'rolldown';
import { collectTemplates } from '../cli/templates.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

/** Files that something outside starts or imports; each keeps its path below dist. */
const doors = [
  'cli/main.ts',
  'core/index.ts',
  'core/worker/main.ts',
  ...globSync(['core/testing/index.ts', 'plugins/*/index.ts', 'presets/*.ts'], { cwd: root }),
];

/** `new URL('./main.ts', import.meta.url)`: a file that another process or thread starts. */
const started = /new URL\(\s*'(\.[^']+)\.ts',\s*import\.meta\.url\s*\)/g;

/** koffi brings machine code and is installed beside us; all else goes in. */
const external = ['koffi'];

await buildPackage();

async function buildPackage(): Promise<void> {
  rmSync(dist, { recursive: true, force: true });
  const entries = [...new Set([...doors, ...startedFiles()])];
  const input = Object.fromEntries(entries.map((path) => [path.replace(/\.ts$/, ''), join(root, path)]));
  const packages = new Set<string>();
  const bundle = await rolldown({
    input,
    external,
    platform: 'node',
    plugins: [startedPlaces(), noteModules(packages)],
    onLog(level, log, report) {
      if (level === 'warn') throw new Error(`the bundle has a warning: ${log.message}`);
      report(level, log);
    },
  });
  await bundle.write({
    dir: dist,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    // Names stay: they are in stacks, and where a plugin tapped is told from one.
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
  });
  writeTypes();
  writeFileSync(join(dist, 'templates.json'), JSON.stringify(collectTemplates(join(root, 'examples'))));
  writeFileSync(join(dist, 'third-party.txt'), licences(packages));
}

function startedFiles(): string[] {
  return globSync(['core/**/*.ts', 'plugins/**/*.ts'], { cwd: root }).flatMap((path) =>
    [...readFileSync(join(root, path), 'utf8').matchAll(started)].map((match) =>
      posix.join(dirname(path), `${match[1]}.ts`),
    ),
  );
}

/** Code moves into chunks, the files that it starts do not: the way to them is written in once both places are known. */
function startedPlaces(): Plugin {
  const mark = 'strake-started:';
  return {
    name: 'started-places',
    transform(code, id) {
      if (!id.startsWith(root) || !id.endsWith('.ts')) return undefined;
      const place = (match: string, path: string): string =>
        match.replace(`'${path}.ts'`, `'${mark}${relative(root, resolve(dirname(id), path))}'`);
      return code.replace(started, place);
    },
    renderChunk(code, { fileName }) {
      return code.replace(new RegExp(`(["'\`])${mark}([^"'\`]+)\\1`, 'g'), (_, quote: string, path: string) => {
        const way = posix.relative(posix.dirname(fileName), `${path}.js`);
        return `${quote}${way.startsWith('.') ? way : `./${way}`}${quote}`;
      });
    },
  };
}

function noteModules(packages: Set<string>): Plugin {
  return {
    name: 'note-modules',
    generateBundle(_, files) {
      for (const file of Object.values(files)) {
        if (file.type !== 'chunk') continue;
        for (const id of file.moduleIds) {
          const name = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1];
          if (name !== undefined) packages.add(name);
        }
      }
    },
  };
}

function writeTypes(): void {
  const options = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--outDir', dist, '--rootDir', root];
  const project = join(dist, 'tsconfig.json');
  const include = ['core', 'plugins', 'presets'].map((folder) => join(root, folder));
  writeFileSync(project, JSON.stringify({ extends: '../tsconfig.json', include, exclude: [] }));
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['--project', project, ...options], { stdio: 'inherit' });
  rmSync(project);
}

/** Code of others that is in the bundle, with its licence. */
function licences(packages: ReadonlySet<string>): string {
  return [...packages]
    .sort()
    .map((name) => {
      const folder = join(root, 'node_modules', name);
      const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<
        string,
        string
      >;
      const file = globSync(['LICENSE*', 'LICENCE*', 'license*'], { cwd: folder })[0];
      const text = file === undefined ? '' : `\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
      return `${name} ${version}, ${license}\n${text}`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}
