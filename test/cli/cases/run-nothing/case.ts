import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'An image without a command cannot be run.',
  before: [['build', '.', '-t', 'app']],
  argv: ['run', 'app'],
  files: { Dockerfile: 'FROM scratch\nLABEL a=b\n' },
});
