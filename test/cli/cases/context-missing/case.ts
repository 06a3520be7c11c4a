import { defineCase } from '../../case.ts';

export default defineCase({ why: 'A context that is not there.', argv: ['build', './nowhere'] });
