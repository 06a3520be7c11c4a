/** What has the right shape and still means nothing: platforms, references, outputs, results of functions. */
import { defineConfig, image } from 'strake';

export default defineConfig({
  extends: [{ name: 'acme', defaults: { platforms: ['linux/amd64/v2/x'] } }],
  images: {
    api: { tags: ['Registry.example/API:1'], outputs: ['type=oci,compression=lz4'], contexts: { base: image('web') } },
    web: {},
  },
});
