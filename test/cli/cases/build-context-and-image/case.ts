import { defineCase } from '../../case.ts';

export default defineCase({ why: 'A context stands alone.', argv: ['build', '.', 'api'] });
