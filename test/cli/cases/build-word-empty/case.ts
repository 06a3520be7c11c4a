import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'An empty word is a variable that was not set, and no image of that name.',
  argv: ['build', ''],
});
