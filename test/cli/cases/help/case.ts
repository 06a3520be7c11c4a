import { defineCase } from '../../case.ts';

export default defineCase({ why: 'Without a word strake says what there is.', argv: [] });
