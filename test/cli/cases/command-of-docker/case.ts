import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'A command of docker is answered with what does the same here.',
  argv: ['images'],
});
