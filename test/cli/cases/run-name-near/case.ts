import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'An image of the store that is called nearly so is named where no registry has the one that was asked for.',
  before: [['build', '.', '-q', '-t', '127.0.0.1:9/team/app']],
  argv: ['run', '127.0.0.1:9/team/ap'],
  files: { Dockerfile: 'FROM scratch\n' },
});
