import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'An option that no output has is refused, with those there are.',
  argv: ['build', '.', '-o', 'type=docker,dest=out.tar,compresion=zstd'],
  files: { Dockerfile: 'FROM scratch\n' },
});
