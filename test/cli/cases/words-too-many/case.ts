import { defineCase } from '../../case.ts';

export default defineCase({ why: 'Commands that take no words refuse them.', argv: ['ls', 'images'] });
