/** An image that others stand on comes before them, wherever it is written. */
import { defineConfig, image } from 'strake';

export default defineConfig({
  images: {
    app: { contexts: { lib: image('lib') } },
    lib: { contexts: { base: image('base') } },
    base: {},
  },
});
