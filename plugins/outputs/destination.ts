import { resolve } from 'node:path';
import { defineProblems, entry, type OutputRequest, type Pairs, type World } from '../../core/index.ts';

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
    hint: ({ known }) => (known.length > 0 ? `They have: ${known.join(', ')}.` : undefined),
  }),
  PLATFORMS_TOO_MANY: entry<{ count: number }>({
    title: 'A docker archive holds one platform',
    exit: 2,
    message: ({ count }) => `This image has ${count} platforms, which docker load cannot take.`,
    hint: () => 'Use type=oci, or build one platform.',
  }),
});

/** Where an output of files goes, absolute. */
export function destinationOf(request: OutputRequest, world: World): string {
  const { dest, type } = request.spec;
  if (dest === undefined || dest === '') throw problem('DESTINATION_MISSING', { type });
  return resolve(world.cwd, dest);
}

/** The options an output has, unknown ones refused. */
export function optionsOf(request: OutputRequest, known: readonly string[]): (name: string) => string | undefined {
  const options: Pairs = request.spec.options;
  for (const [name] of options)
    if (!known.includes(name)) throw problem('OPTION_UNKNOWN', { type: request.spec.type, name, known });
  return (name) => options.find(([key]) => key === name)?.[1];
}
