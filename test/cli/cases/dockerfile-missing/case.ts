import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'No Dockerfile: where it was looked for, and one that may be meant.',
  argv: ['build', '.'],
  files: { 'Dockerfil': 'FROM scratch\n' },
});
