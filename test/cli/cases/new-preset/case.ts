import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'A package with a preset in a folder named after it, without the scope.',
  argv: ['new', 'preset', '@big-corp/images'],
  shows: ['images/package.json', 'images/src/index.ts', 'images/src/pinned-bases.ts'],
});
