import { defineCase } from '../../case.ts';

export default defineCase({ why: 'The version goes to standard output, alone.', argv: ['--version'] });
