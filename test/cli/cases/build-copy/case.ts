import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'The plain case: a context is built and kept; results on standard output, progress on standard error.',
  argv: ['build', '.', '-t', 'app:1'],
  files: { Dockerfile: 'FROM scratch\nCOPY a /a\nLABEL x=y\n', a: 'hi\n' },
  env: { SOURCE_DATE_EPOCH: '0' },
});
