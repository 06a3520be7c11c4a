import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'The resolved config, with a preset of a package and the standard plugins.',
  argv: ['config'],
  files: {
    'build.config.ts':
      "import { defineConfig } from 'strake';\nimport { reproducible } from 'strake/presets/reproducible';\nexport default defineConfig(({ command }) => ({ extends: [reproducible({ epoch: 5 })], defaults: { labels: { command } }, images: { app: { tags: ['app:1'] } } }));\n",
  },
});
