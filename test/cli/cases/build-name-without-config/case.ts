import { defineCase } from '../../case.ts';

export default defineCase({ why: 'A word without a slash names an image, not a folder.', argv: ['build', 'app'], files: { 'app/': '' } });
