import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'What the store keeps.',
  before: [['build', '.', '-t', 'app:1']],
  argv: ['ls'],
  files: { Dockerfile: 'FROM scratch\nLABEL a=b\n' },
  env: { SOURCE_DATE_EPOCH: '0' },
});
