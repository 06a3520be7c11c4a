import * as z from 'zod/mini';
import { definePlugin, pluginOptions } from '../../core/index.ts';
import { limitsOf, limitsShape, type ArchiveLimits } from '../shared/archive-limits.ts';
import { contextFromArchive } from '../shared/unpack-context.ts';
import { untilAborted } from './until-aborted.ts';

export interface StdinContextOptions {
  /** How far an archive may go. */
  readonly limits?: Partial<ArchiveLimits>;
}

const shape = z.strictObject({ limits: limitsShape });

/** Opens `-`: a tar of the context, packed or not, or a Dockerfile alone, as docker does. */
export const stdinContext = definePlugin((options: StdinContextOptions = {}) => {
  const limits = limitsOf(pluginOptions(shape, options, 'stdin-context').limits);
  return {
    name: 'stdin-context',
    contexts: [
      {
        schemes: ['stdin'],
        open: (request, world) =>
          contextFromArchive(
            {
              label: 'the context on standard input',
              send: async () => ({ bytes: untilAborted(world.stdin(), world.signal) }),
              once: true,
              limits,
            },
            request,
            world,
          ),
      },
    ],
  };
});
