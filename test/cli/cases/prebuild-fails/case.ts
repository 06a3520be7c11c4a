import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'A prebuild command fails as a RUN does: its status is the status of strake; its output is kept.',
  argv: ['build'],
  files: {
    'build.config.ts':
      "import { defineConfig, run } from 'strake';\nexport default defineConfig({ images: { a: { prebuild: [run('echo first; echo bad; exit 7')] } } });\n",
    Dockerfile: 'FROM scratch\n',
  },
});
