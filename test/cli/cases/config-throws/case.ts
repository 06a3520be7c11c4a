import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'A config that fails is told with its own error and line.',
  argv: ['config'],
  files: { 'build.config.ts': 'export const a = 1;\nthrow new TypeError("no version");\n' },
});
