import { defineCase } from '../../case.ts';

export default defineCase({ why: 'A context alone is no command; what was meant is said.', argv: ['./app'] });
