import { defineCase } from '../../case.ts';

export default defineCase({ why: 'A flag that needs a value says so.', argv: ['build', '.', '--target'] });
