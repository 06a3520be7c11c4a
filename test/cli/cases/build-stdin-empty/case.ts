import { defineCase } from '../../case.ts';

export default defineCase({ why: 'Nothing on standard input is no context.', argv: ['build', '-'] });
