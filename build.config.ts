import { defineConfig } from 'strake';
import { nodeRuntime } from 'strake/plugins/node-runtime';

/** The images of examples/, built with what a machine has that has Node and this repository's packages. */
export default defineConfig({
  plugins: [nodeRuntime()],
  images: {
    whoami: {
      context: 'examples/whoami',
      contexts: { modules: 'node_modules' },
      tags: ['whoami'],
    },
  },
});
