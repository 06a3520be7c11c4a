import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'The second build reuses what the first made, and gives the same digest.',
  before: [['build', '.', '-t', 'app:1']],
  argv: ['build', '.', '-t', 'app:1'],
  files: { Dockerfile: 'FROM scratch\nCOPY a /a\nLABEL x=y\n', a: 'hi\n' },
  env: { SOURCE_DATE_EPOCH: '0' },
});
