import { defineCase } from '../../case.ts';

export default defineCase({ why: 'A flag with choices names them.', argv: ['build', '.', '--progress', 'fancy'] });
