import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'Help of a command that is not there is a mistake like the command itself.',
  argv: ['help', 'biuld'],
});
