import assert, { AssertionError } from 'node:assert/strict';
import { lstatSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { hostPath } from '../../base/brand.ts';
import type { BuildContext } from '../../contract/model.ts';
import type { ContextSource } from '../../contract/offers.ts';
import type { Plugin } from '../../contract/plugin.ts';
import { splitLocation } from '../../phases/context-location.ts';
import { readTree, writeTree } from '../disk-trees.ts';
import { fakeWorld, type FakeWorld, type FakeWorldOptions } from '../fake-world.ts';
import { tryPlugin } from '../try-plugin.ts';
import type { Tree } from '../trees.ts';
import { checksOf, expectProblem, expectSilence, within, type Check, type Closable } from './check.ts';

export interface ContextSubject extends Closable {
  readonly plugin: Plugin;
  readonly world?: FakeWorldOptions;
  /** What can be opened, and all that is in it. */
  readonly good: string | URL;
  readonly holds: Tree;
  /** What cannot be opened; with a world of its own where the location does not tell. */
  readonly missing: string | URL | { readonly location: string | URL; readonly world: FakeWorldOptions };
  /** What must not be told by anybody: passwords, tokens. */
  readonly secrets?: readonly string[];
}

/** Milliseconds in which an interrupted build wants to end. */
const patience = 10_000;

/** What every context source promises. */
export const contextSourceContract = (make: () => ContextSubject | Promise<ContextSubject>): Check[] =>
  checksOf(make, {
    'offers the scheme of its locations, in lower case and without a colon': async ({ plugin, good }) => {
      sourceFor(plugin, good);
      for (const { schemes } of plugin.contexts ?? [])
        for (const scheme of schemes) assert.match(scheme, /^[a-z][a-z0-9+.-]*$/);
    },

    'opens a directory with the files': async (subject) => {
      await using world = fakeWorld(subject.world);
      await using context = await open(subject, world);
      assert.ok(isAbsolute(context.root), `the root is absolute: ${context.root}`);
      assert.ok(lstatSync(context.root).isDirectory(), 'the root is a directory, and no link to one');
      expectTree(context, subject.holds, world);
      assert.notEqual(context.label.trim(), '', 'the label says what it is');
    },

    'is built from': isBuiltFrom,

    'opens twice at the same time': async (subject) => {
      if (splitLocation(locationOf(subject.good)).scheme === 'stdin') return 'standard input is read once';
      await using world = fakeWorld(subject.world);
      const both = await Promise.all([open(subject, world), open(subject, world)]);
      await both[0][Symbol.asyncDispose]();
      expectTree(both[1], subject.holds, world);
      await both[1][Symbol.asyncDispose]();
      return undefined;
    },

    'writes to temporary directories of the world alone': async (subject) => {
      await using world = fakeWorld(subject.world);
      const before = [readTree(world.cwd), readTree(world.home)];
      const context = await open(subject, world);
      await context[Symbol.asyncDispose]();
      assert.deepEqual([readTree(world.cwd), readTree(world.home)], before);
    },

    'says with a problem what cannot be opened': async (subject) => {
      await using world = fakeWorld(missingOf(subject).world);
      const problem = await expectProblem(openAt(subject, missingOf(subject).location, world), 'a missing context');
      assert.ok([1, 2].includes(problem.exit), `the exit status is 1 or 2: ${problem.exit}`);
      assert.notEqual(problem.message.trim(), '');
      expectSilence(subject.secrets ?? [], world, problem);
    },

    'ends soon when the build was aborted': async (subject) => {
      await using world = fakeWorld(subject.world);
      world.abort();
      const opening = open(subject, world).then(
        (context) => context[Symbol.asyncDispose](),
        () => {},
      );
      await within(patience, opening, 'opening in an aborted build');
    },

    'tells no secret': async (subject) => {
      if (!subject.secrets?.length) return 'the subject has no secrets';
      await using world = fakeWorld(subject.world);
      await using context = await open(subject, world);
      expectSilence(subject.secrets, world, context.label, context.revision);
      return undefined;
    },
  });

async function isBuiltFrom(subject: ContextSubject): Promise<void> {
  await using bench = await tryPlugin(subject.plugin, subject.world);
  const dockerfileText = 'FROM scratch\nCOPY . /\n';
  const { files } = await bench.build(locationOf(subject.good), { dockerfileText });
  assert.deepEqual(files, normal(subject.holds, bench.world));
}

const locationOf = (location: string | URL): string => (location instanceof URL ? location.href : location);

function missingOf({ missing, world = {} }: ContextSubject): { location: string | URL; world: FakeWorldOptions } {
  return typeof missing === 'object' && 'location' in missing ? missing : { location: missing, world };
}

function sourceFor(plugin: Plugin, location: string | URL): ContextSource {
  const { scheme } = splitLocation(locationOf(location));
  const source = plugin.contexts?.find(({ schemes }) => schemes.includes(scheme));
  if (!source) throw new AssertionError({ message: `the plugin "${plugin.name}" offers no context of "${scheme}"` });
  return source;
}

const open = (subject: ContextSubject, world: FakeWorld): Promise<BuildContext> => openAt(subject, subject.good, world);

async function openAt({ plugin }: ContextSubject, at: string | URL, world: FakeWorld): Promise<BuildContext> {
  const location = locationOf(at);
  return sourceFor(plugin, at).open(splitLocation(location), world);
}

const expectTree = ({ root }: BuildContext, holds: Tree, world: FakeWorld): void =>
  assert.deepEqual(readTree(root), normal(holds, world), 'the context holds other files');

/** A literal as it comes back from the disk. */
function normal(tree: Tree, world: FakeWorld): Tree {
  const place = hostPath(join(world.root, `expected-${Math.random().toString(36).slice(2)}`));
  writeTree(place, tree);
  return readTree(place);
}
