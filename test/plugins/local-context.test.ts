import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostPath, type BuildEvent, type PlannedStep } from '../../core/index.ts';
import { callMoment, installPlugins } from '../../core/contract/install.ts';
import { localContext } from '../../plugins/local-context/index.ts';
import { quietWorld } from '../core/contract/quiet-world.ts';

let root: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'strake-local-')));
  mkdirSync(join(root, 'app'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const open = async (location: string) => {
  const { offers, hooks } = installPlugins([localContext()]);
  const events: BuildEvent[] = [];
  const world = quietWorld({ cwd: hostPath(root), report: (event) => void events.push(event) });
  const context = await offers.contexts[0]!.open({ location, scheme: 'file' }, world);
  return { context, hooks, world, events };
};

test.each(['app', './app', 'dir://app', '.', 'link'])('%s is a directory', async (location) => {
  symlinkSync('app', join(root, 'link'));
  const { context } = await open(location);
  expect(context.root).toBe(location === '.' ? root : join(root, 'app'));
  expect(context.label).toBe(location === '.' ? 'the context' : `the context ${location}`);
});

test('an absolute path is taken as it is', async () => {
  expect((await open(join(root, 'app'))).context.root).toBe(join(root, 'app'));
});

test.each(['nowhere', 'file'])('%s is refused', async (location) => {
  writeFileSync(join(root, 'file'), '');
  await expect(open(location)).rejects.toMatchObject({ code: 'CONTEXT_NOT_FOUND', exit: 2 });
});

/** A COPY of these patterns from the context `app`, about to be carried out. */
const copyOf = (...patterns: readonly string[]): PlannedStep => {
  const at = { source: { name: 'Dockerfile', text: 'COPY . .' }, start: 0, end: 8 };
  const origin = { kind: 'context', context: 'app ', label: 'app' };
  const sources = patterns.map((pattern) => ({ pattern, at }));
  return { title: 'COPY', action: { kind: 'copy', origin, sources }, at } as unknown as PlannedStep;
};

async function noticesFor(step: PlannedStep): Promise<string[]> {
  const { hooks, world, events } = await open('app');
  await callMoment(hooks.beforeStep, step, { world });
  return events.map((event) => (event.type === 'notice' ? `${event.code}: ${event.message}` : event.type));
}

/** Holes cost no disk, and count all the same. */
function largeFile(path: string, megabytes: number): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), '');
  truncateSync(join(root, path), megabytes * 1024 * 1024);
}

test('a COPY that takes in hundreds of MB of .git or node_modules is remarked upon', async () => {
  largeFile('app/.git/objects/pack', 150);
  largeFile('app/.git/objects/more', 60);
  largeFile('app/node_modules/x/y', 250);
  expect(await noticesFor(copyOf(''))).toEqual([
    'CONTEXT_LARGE: COPY takes in .git, more than 200 MB.',
    'CONTEXT_LARGE: COPY takes in node_modules, more than 200 MB.',
  ]);
});

test('not what is ignored, small, elsewhere, or named on purpose', async () => {
  largeFile('app/.git/pack', 300);
  largeFile('app/node_modules/small', 10);
  largeFile('app/web/node_modules/x', 300);
  writeFileSync(join(root, 'app/.dockerignore'), '.git\n');
  expect(await noticesFor(copyOf(''))).toEqual([]);
  expect(await noticesFor(copyOf('node_modules'))).toEqual([]);
  expect(await noticesFor(copyOf('web'))).toEqual(['CONTEXT_LARGE: COPY takes in web/node_modules, more than 200 MB.']);
});
