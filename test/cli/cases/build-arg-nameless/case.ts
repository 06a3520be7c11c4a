import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'A build arg has a name.',
  argv: ['build', '.', '--build-arg', '=1'],
  files: { Dockerfile: 'FROM scratch\n' },
});
