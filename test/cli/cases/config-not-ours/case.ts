import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'build.config.ts is also the name of a library bundler’s config.',
  argv: ['build', 'app'],
  files: { 'build.config.ts': 'export default [{ entries: ["./src/index"] }];\n' },
});
