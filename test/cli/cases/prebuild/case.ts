import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'Prebuild commands run before the context is read, once for all images, with their output shown.',
  argv: ['build', '--progress', 'plain'],
  files: {
    'build.config.ts':
      "import { defineConfig, run } from 'strake';\nexport default defineConfig({ defaults: { prebuild: [run('echo generating; echo $NAME > generated', { env: { NAME: 'x' } })] }, images: { a: {}, b: {} } });\n",
    Dockerfile: 'FROM scratch\nCOPY generated /\n',
  },
  env: { SOURCE_DATE_EPOCH: '0' },
  shows: ['generated'],
});
