import type { ConfigLayer } from '../../../../core/config/define.ts';

export default {
  settings: {
    registries: {
      '*': { mirrors: ['mirror.example'] },
      'registry.example/team': { ca: 'ca.pem', mirrors: ['mirror.example/team'] },
      'registry.example': { cert: 'me.pem' },
      'other.example': { key: 'me.key' },
    },
  },
} satisfies ConfigLayer;
