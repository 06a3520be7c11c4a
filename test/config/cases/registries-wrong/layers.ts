import type { ConfigLayer } from '../../../../core/config/define.ts';

export default {
  settings: {
    registries: {
      '*': { mirrors: ['mirror.example'] },
      'docker.io': { mirrors: ['http://mirror.example'], mirror: 'x' },
      'registry.example/team': { ca: 'ca.pem', mirrors: ['mirror.example/team'] },
      'registry.example': { cert: 'me.pem', timeout: 0 },
      'other.example': 'ca.pem',
    },
  },
} as unknown as ConfigLayer;
