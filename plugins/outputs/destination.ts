import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { defineProblems, entry, type OutputRequest, type Pairs, type World } from '../../core/index.ts';

type Destination = 'file' | 'folder';

/** What every output of files understands. */
const everyOutput = ['dest', 'name', 'compression', 'compression-level', 'force-compression', 'rewrite-timestamp'];

export const problem = defineProblems('outputs', {
  DESTINATION_MISSING: entry<{ type: string }>({
    title: 'An output does not say where to go',
    exit: 2,
    message: ({ type }) => `The output of type "${type}" needs a dest.`,
    hint: ({ type }) => `Write type=${type},dest=PATH.`,
  }),
  OPTION_UNKNOWN: entry<{ type: string; name: string; known: readonly string[] }>({
    title: 'An output has an unknown option',
    exit: 2,
    message: ({ type, name }) => `Outputs of type "${type}" have no option "${name}".`,
    hint: ({ known }) => `They have: ${[...everyOutput, ...known].join(', ')}.`,
  }),
  DESTINATION_TAKEN: entry<{ path: string; type: string; wanted: Destination }>({
    title: 'Something else stands where an output goes',
    exit: 2,
    message: ({ path, type, wanted }) =>
      wanted === 'file'
        ? `${path} is a folder, and the output of type "${type}" is one file.`
        : `${path} is a file, and the output of type "${type}" is a folder.`,
    hint: ({ path, type, wanted }) => {
      if (wanted === 'folder') return 'Name another place, or remove the file.';
      const file = `dest=${join(path, 'image.tar')}`;
      return type === 'oci' ? `Write ${file}, or tar=false for a layout in the folder.` : `Write ${file}.`;
    },
  }),
  PLATFORMS_TOO_MANY: entry<{ count: number }>({
    title: 'A docker archive holds one platform',
    exit: 2,
    message: ({ count }) => `This image has ${count} platforms, which docker load cannot take.`,
    hint: () => 'Use type=oci, or build one platform.',
  }),
});

/** Where an output of files goes, absolute. */
export function destinationOf(request: OutputRequest, world: World, wanted: Destination): string {
  const { dest, type } = request.spec;
  if (dest === undefined || dest === '') throw problem('DESTINATION_MISSING', { type });
  const path = resolve(world.cwd, dest);
  // Said before the first step, not after the last.
  const there = statSync(path, { throwIfNoEntry: false });
  if (there && there.isDirectory() !== (wanted === 'folder'))
    throw problem('DESTINATION_TAKEN', { path: dest, type, wanted });
  return path;
}

/** The options an output has, unknown ones refused. */
export function optionsOf(request: OutputRequest, known: readonly string[]): (name: string) => string | undefined {
  const options: Pairs = request.spec.options;
  for (const [name] of options)
    if (!known.includes(name)) throw problem('OPTION_UNKNOWN', { type: request.spec.type, name, known });
  return (name) => options.find(([key]) => key === name)?.[1];
}
