import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'A Dockerfile on standard input is a context of its own.',
  argv: ['build', '-', '-q'],
  stdin: 'FROM scratch\nLABEL x=y\n',
  env: { SOURCE_DATE_EPOCH: '0' },
});
