import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'A config that is named must be there.',
  argv: ['config', '--config', 'image.config.ts'],
  files: { 'images.config.ts': 'export default {};\n' },
});
