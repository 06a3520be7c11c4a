import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'A context given by hand is built although the config is another tool’s.',
  argv: ['build', '.', '-t', 'app'],
  files: { 'build.config.ts': 'export default { entries: ["./src/index"] };\n', Dockerfile: 'FROM scratch\nLABEL a=b\n' },
  env: { SOURCE_DATE_EPOCH: '0' },
});
