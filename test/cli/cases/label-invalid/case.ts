import { defineCase } from '../../case.ts';

export default defineCase({ why: 'Pairs need an equals sign.', argv: ['build', '.', '--label', 'x'], files: { Dockerfile: 'FROM scratch\n' } });
