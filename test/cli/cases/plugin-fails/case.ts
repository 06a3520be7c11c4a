import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'A plugin that fails is named, with the hook and the place of the tap.',
  argv: ['build', '.'],
  files: {
    'build.config.ts':
      "import { defineConfig } from 'strake';\nconst policy = {\n  name: 'policy',\n  apply: ({ planned }) =>\n    planned.tap('policy', () => {\n      throw new Error('no');\n    }),\n};\nexport default defineConfig({ plugins: [policy] });\n",
    Dockerfile: 'FROM scratch\nLABEL a=b\n',
  },
});
