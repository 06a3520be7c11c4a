import { defineCase } from '../../case.ts';

export default defineCase({ why: 'Standard input is read once.', argv: ['build', '-', '-f', '-'] });
