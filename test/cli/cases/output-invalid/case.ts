import { defineCase } from '../../case.ts';

export default defineCase({ why: 'Outputs are checked before anything is built.', argv: ['build', '.', '-o', 'type=oci,tar=perhaps'], files: { Dockerfile: 'FROM scratch\n' } });
