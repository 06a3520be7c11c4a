import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'What is said of registries is traced field by field, flags too.',
  argv: [
    'config',
    '--why',
    'settings.registries.docker.io',
    '--registry-mirror',
    'https://near.example/hub',
    '--registry-map',
    'docker.io=far.example',
    '--skip-default-registry-fallback',
  ],
  files: {
    'build.config.ts':
      "export default { settings: { registries: { 'docker.io': { mirrors: ['mirror.example'], timeout: 20 } } } };\n",
  },
});
