import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'kaniko has no commands: who begins with a flag is told of them.',
  argv: ['--context', '.', '--destination', 'r.example/app'],
});
