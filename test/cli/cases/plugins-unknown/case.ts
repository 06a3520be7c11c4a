import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'A plugin that is not there.',
  argv: ['plugins', 'stampp'],
});
