import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'A plan runs nothing.',
  argv: ['plan'],
  files: {
    'build.config.ts':
      "import { defineConfig, run } from 'strake';\nexport default defineConfig({ images: { a: { prebuild: [run('exit 7')] } } });\n",
    Dockerfile: 'FROM scratch\n',
  },
});
