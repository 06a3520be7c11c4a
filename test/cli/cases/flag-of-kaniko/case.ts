import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'A flag of another tool is answered with what does the same here, and not with one of a like name.',
  argv: ['build', '.', '--no-push', '--digest-file', 'digest'],
});
