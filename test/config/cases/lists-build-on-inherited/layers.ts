/** A list replaces; a function of the inherited list builds on it; null drops. */
import { defineConfig } from 'strake';

export const whys = ['images.api.tags'];
export default defineConfig({
  extends: [{ name: 'one', defaults: { tags: ['example/a:1'], target: 'prod' } }, { defaults: { tags: (tags: readonly string[]) => [...tags, 'example/a:2'] } }],
  images: {
    api: { tags: (tags) => tags.map((tag) => tag.replace('/a', '/api')), target: null },
    web: { tags: ['example/web'] },
  },
});
