import { defineCase } from '../../case.ts';

export default defineCase({
  why: '-q prints the digest and nothing else; files for other programs are written all the same.',
  argv: ['build', '.', '-q', '-t', 'app:1', '-t', 'app:latest', '--metadata-file', 'out/meta.json', '--iidfile', 'id'],
  files: { Dockerfile: 'FROM scratch\nLABEL x=y\n' },
  env: { SOURCE_DATE_EPOCH: '0' },
  shows: ['out/meta.json', 'id'],
});
