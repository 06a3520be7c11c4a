import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'What is to be new has to be said.',
  argv: ['new', 'widget', 'x'],
});
