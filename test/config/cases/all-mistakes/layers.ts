/** All mistakes are told at once, each with path, value, the nearest name, and the layer where that is not the file. */
import type { ConfigLayer } from 'strake';

const preset = { name: 'acme', defaults: { platfrms: ['linux/amd64'], compression: 'lz4' } };
const config: unknown = {
  extends: [preset, 'acme-preset', () => ({})],
  plugns: [],
  cacheTo: [],
  plugins: [() => ({ name: 'x' }), 's3-cache', false, [{ name: 'ok' }]],
  settings: { jobs: 0, isolaton: 'x', noCache: true },
  images: {
    api: { dockerfil: 'x', buildArgs: {}, cacheFrom: [], plugins: [], args: { A: 5 }, tags: 'x', outputs: [{ type: 'oci', dst: 'x' }, { dest: 'x' }], prebuild: ['make'], contexts: { base: { img: 'x' } } },
    'a b': {},
  },
};
export default config as ConfigLayer;
