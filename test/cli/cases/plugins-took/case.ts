import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'Which package a plugin is in, and what its taps took in the last build of the project.',
  argv: ['plugins', 'stamp', 'here', 'local-context'],
  before: [['build', 'app', '-q']],
  files: {
    'node_modules/strake-stamp/package.json':
      '{ "name": "strake-stamp", "version": "2.1.0", "type": "module", "exports": "./dist/index.js" }',
    'node_modules/strake-stamp/dist/index.js': [
      "import { definePlugin } from 'strake';",
      'export const stamp = definePlugin(() => ({',
      "  name: 'stamp',",
      "  apply({ afterStep, assemble }) { afterStep.tap('a', () => {}); assemble.tap('x', (draft) => draft); },",
      '}));',
    ].join('\n'),
    'build.config.ts': [
      "import { defineConfig, definePreset } from 'strake';",
      "import { stamp } from 'strake-stamp';",
      "const company = definePreset(() => ({ name: 'company', plugins: [stamp()] }));",
      "export default defineConfig({ extends: [company()], plugins: [{ name: 'here' }], images: { app: {} } });",
    ].join('\n'),
    Dockerfile: 'FROM scratch\nCOPY Dockerfile /a\nCOPY Dockerfile /b\n',
  },
});
