import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'The frame of the Dockerfile, the nearest name; what failed is in the metadata file, with the exit status.',
  argv: ['build', '.', '--metadata-file', 'meta.json'],
  files: { Dockerfile: 'FROM scratch\nLABEL a=b\nCOPY src/index.ts /\nLABEL c=d\n', 'src/indx.ts': '' },
  shows: ['meta.json'],
});
