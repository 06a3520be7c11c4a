import { defineCase } from '../../case.ts';

export default defineCase({ why: 'Without a config a context must be named.', argv: ['build'] });
