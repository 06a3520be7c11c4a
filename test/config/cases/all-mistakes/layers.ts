/** All mistakes are told at once, each with path, value, the nearest name, and the layer where that is not the file. */
import type { ConfigLayer } from 'strake';

const preset = { name: 'acme', defaults: { platfrms: ['linux/amd64'], compression: 'lz4' } };
const config: unknown = {
  extends: [preset, 'acme-preset', () => ({})],
  plugns: [],
  plugins: [() => ({ name: 'x' }), false, [{ name: 'ok' }]],
  settings: { jobs: 0, isolaton: 'x' },
  images: {
    api: { dockerfil: 'x', args: { A: 5 }, tags: 'x', outputs: [{ type: 'oci', dst: 'x' }, { dest: 'x' }], prebuild: ['make'], contexts: { base: { img: 'x' } } },
    'a b': {},
  },
};
export default config as ConfigLayer;
