import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'What would be built, without building it; images of a config with an edge.',
  argv: ['plan'],
  files: {
    'build.config.ts':
      "import { defineConfig, image } from 'strake';\nexport default defineConfig({ images: { app: { dockerfile: 'app.Dockerfile', contexts: { base: image('base') } }, base: {} } });\n",
    Dockerfile: 'FROM scratch\nCOPY a /a\n',
    'app.Dockerfile': 'FROM base\nCMD ["/a"]\n',
    a: 'hi\n',
  },
});
