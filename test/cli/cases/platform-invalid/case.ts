import { defineCase } from '../../case.ts';

export default defineCase({ why: 'A flag that cannot be understood is told as such.', argv: ['plan', '.', '--platform', 'linux/amd64/v2/x'], files: { Dockerfile: 'FROM scratch\n' } });
