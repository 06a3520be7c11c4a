import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'Events as JSON, a line each.',
  argv: ['build', '.', '--progress', 'json', '-t', 'app'],
  files: { Dockerfile: 'FROM scratch\nCOPY a /a\n', a: 'hi\n' },
  env: { SOURCE_DATE_EPOCH: '0' },
});
