import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'Who offers and taps what; a plugin of the config takes the place of a standard one.',
  argv: ['plugins', '--json'],
  files: {
    'build.config.ts':
      "import { defineConfig, definePlugin } from 'strake';\nconst stamp = definePlugin(() => ({ name: 'stamp', enforce: 'pre', apply: ({ assemble }) => assemble.tap('x', (draft) => draft) }));\nexport default defineConfig({ plugins: [stamp(), { name: 'outputs' }] });\n",
  },
});
