import type { ConfigLayer } from '../../../../core/config/define.ts';

const acme: ConfigLayer = {
  name: 'acme',
  settings: {
    registries: {
      'docker.io': { mirrors: ['mirror.acme.example/hub'], timeout: 30 },
      'registry.acme.example': { ca: 'acme.pem', attempts: 3 },
      'old.acme.example': { insecure: true },
    },
  },
};

export default {
  extends: [acme],
  settings: {
    registries: {
      'docker.io': { mirrors: ['near.example'], fallback: false },
      'registry.acme.example': { cert: 'me.pem', key: 'me.key', attempts: null },
      'old.acme.example': null,
      '*': { timeout: 10 },
    },
  },
} satisfies ConfigLayer;

export const env = { STRAKE_REGISTRY_MIRROR: 'env.example/hub' };

export const whys = [
  'settings.registries.docker.io.mirrors',
  'settings.registries.registry.acme.example',
  'settings.registries.old.acme.example',
];
