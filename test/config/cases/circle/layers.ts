/** Images that stand on one another. */
import { defineConfig, image } from 'strake';

export default defineConfig({
  images: {
    a: { contexts: { b: image('b') } },
    b: { contexts: { c: image('c') } },
    c: { contexts: { b: image('b') } },
  },
});
