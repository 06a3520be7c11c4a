import { defineCase } from '../../case.ts';

export default defineCase({ why: 'Every command explains itself.', argv: ['build', '--help'] });
