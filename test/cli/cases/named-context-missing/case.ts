import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'A named context that is not there is told with its name.',
  argv: ['build', '.', '--build-context', 'data=./nowhere'],
  files: { Dockerfile: 'FROM scratch\n' },
});
