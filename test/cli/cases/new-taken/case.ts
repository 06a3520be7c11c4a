import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'Nothing that is there is written over.',
  argv: ['new', 'plugin', 'mine'],
  files: { 'mine/README.md': 'mine\n' },
  shows: ['mine/README.md'],
});
