import { defineCase } from '../../case.ts';

export default defineCase({ why: 'Completions are there for three shells.', argv: ['completion', 'ksh'] });
