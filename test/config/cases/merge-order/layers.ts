/** Far to near: built in, presets in order, the config's defaults, its images, the environment. Each value tells where it comes from. */
import { defineConfig, definePreset } from 'strake';

const base = { plugins: [{ name: 'store' }, { name: 'registry' }], defaults: { platforms: ['linux/amd64'], labels: { from: 'built in' } } };
const company = definePreset((team: string) => ({
  name: 'company',
  plugins: [{ name: 'stamp' }],
  defaults: { platforms: ['linux/amd64', 'linux/arm64'], labels: { team, from: 'company' }, args: { NODE: '24', OLD: '1' } },
}));
const ci = definePreset(() => ({ name: 'ci', defaults: { labels: { from: 'ci' } }, settings: { jobs: 2 } }));

export { base };
export const env = { STRAKE_JOBS: '3', SOURCE_DATE_EPOCH: '1700000000' };
export const whys = ['images.api.labels', 'images.api.platforms', 'images.worker.platforms', 'settings.jobs', 'plugins.stamp'];
export default defineConfig({
  extends: [company('payments'), ci()],
  defaults: { context: '.', args: { OLD: null } },
  images: {
    api: { target: 'api', tags: ['registry.example/payments/api:1.4.0'], labels: { from: 'api' } },
    worker: { dockerfile: 'worker/Dockerfile', platforms: ['linux/arm64'] },
  },
});
