import { defineCase } from '../../case.ts';

export default defineCase({ why: 'Sizes are checked.', argv: ['prune', '--keep-storage', 'much'] });
