/** A function of the inherited list is checked by what it returns, and by not failing. */
import { defineConfig } from 'strake';

export default defineConfig({
  images: {
    api: { tags: () => [1 as unknown as string] },
    web: {
      tags: () => {
        throw new Error('no version');
      },
    },
  },
});
