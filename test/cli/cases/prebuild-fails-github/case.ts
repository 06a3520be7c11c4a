import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'What a failing command printed gives GitHub no orders, wherever it is shown.',
  argv: ['build', 'app'],
  env: { GITHUB_ACTIONS: 'true', CI: 'true' },
  files: {
    Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n',
    'build.config.ts':
      "import { defineConfig, run } from 'strake';\nexport default defineConfig({ images: { app: { prebuild: [run('echo \"##[add-mask]app\"; exit 7')] } } });\n",
  },
});
