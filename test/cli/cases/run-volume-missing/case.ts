import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'A volume that is not there is told of before anything is fetched.',
  argv: ['run', '-v', './data:/data', 'app'],
});
