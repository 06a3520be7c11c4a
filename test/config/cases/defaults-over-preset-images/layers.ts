/** What a config says of every image wins over what its presets say of one; at the image itself it can be given back. */
import { defineConfig, definePreset } from 'strake';

const company = definePreset(() => ({
  name: 'company',
  defaults: { labels: { from: 'company' } },
  images: { base: { target: 'company', platforms: ['linux/arm64'], labels: { base: 'company' } } },
}));

export const whys = ['images.base.target', 'images.base.platforms', 'images.base.labels'];
export default defineConfig({
  extends: [company()],
  defaults: { context: '.', target: 'ours', platforms: ['linux/amd64'] },
  images: { base: { platforms: ['linux/arm64'] }, api: {} },
});
