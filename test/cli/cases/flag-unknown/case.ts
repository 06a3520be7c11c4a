import { defineCase } from '../../case.ts';

export default defineCase({ why: 'A slip in a flag gets the nearest one.', argv: ['build', '.', '--platfrom', 'linux/arm64'] });
