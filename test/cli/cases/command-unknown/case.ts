import { defineCase } from '../../case.ts';

export default defineCase({ why: 'A slip in the command gets the nearest one.', argv: ['biuld', '.'] });
