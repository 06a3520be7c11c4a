import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'A step that waits for the layer of another one is skipped with it, and has not failed itself.',
  argv: ['build', '.', '-t', 'app'],
  files: { Dockerfile: 'FROM scratch AS build\nCOPY --chown=somebody Dockerfile /\nFROM scratch\nCOPY --from=build /Dockerfile /\n' },
});
