import { defineCase } from '../../case.ts';

export default defineCase({ why: 'Pushing needs a name.', argv: ['build', '.', '--push'], files: { Dockerfile: 'FROM scratch\n' } });
