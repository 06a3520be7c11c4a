import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'A variable is looked at as the flag is.',
  argv: ['build', '.'],
  files: { Dockerfile: 'FROM scratch\n' },
  env: { STRAKE_PROGRESS: 'fancy' },
});
