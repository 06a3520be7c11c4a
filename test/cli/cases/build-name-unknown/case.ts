import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'An image the config does not have gets the nearest name.',
  argv: ['build', 'wroker'],
  files: { 'build.config.ts': 'export default { images: { api: {}, worker: {} } };\n' },
});
