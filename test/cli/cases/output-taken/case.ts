import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'A folder in the place of a file is told before the first step.',
  argv: ['build', '.', '-o', 'type=oci,dest=out'],
  files: { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n', 'out/': '' },
});
