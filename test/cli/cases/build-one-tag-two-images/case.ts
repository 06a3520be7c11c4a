import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'One name cannot be two images.',
  argv: ['build', '-t', 'app:1'],
  files: { 'build.config.ts': 'export default { images: { api: {}, worker: {} } };\n' },
});
