import { definePlugin } from '../../core/index.ts';
import { contextFromArchive } from '../shared/unpack-context.ts';

/** Opens `-`: a tar of the context, packed or not, or a Dockerfile alone, as docker does. */
export const stdinContext = definePlugin(() => ({
  name: 'stdin-context',
  contexts: [
    {
      schemes: ['stdin'],
      open: (request, world) =>
        contextFromArchive(
          { label: 'the context on standard input', send: async () => ({ bytes: world.stdin() }) },
          request,
          world,
        ),
    },
  ],
}));
