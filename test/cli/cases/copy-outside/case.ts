import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'A path that leads out of the context is none of it, and what to do instead is said.',
  argv: ['build', './app'],
  files: { 'app/Dockerfile': 'FROM scratch\nCOPY ../shared/x /\n', 'shared/x': '' },
});
