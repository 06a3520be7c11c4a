import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'Who said what about a value, farthest first.',
  argv: ['config', '--why', 'images.app.platforms'],
  files: {
    'build.config.ts':
      "import { defineConfig } from 'strake';\nexport default defineConfig({ extends: [{ name: 'acme', defaults: { platforms: ['linux/amd64', 'linux/arm64'] } }], images: { app: { platforms: ['linux/amd64'] } } });\n",
  },
  env: { STRAKE_PLATFORMS: 'linux/arm64' },
});
