import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'All mistakes of a config at once.',
  argv: ['build'],
  files: { 'build.config.ts': 'export default { images: { api: { dockerfil: "x", tags: "y" } }, plugin: [] };\n' },
});
