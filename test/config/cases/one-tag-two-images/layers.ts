/** One name for two images, as a preset's defaults easily give it. */
import { defineConfig } from 'strake';

export default defineConfig({
  defaults: { tags: ['registry.example/app:1', 'registry.example/app:latest'] },
  images: { api: {}, web: {}, docs: { tags: ['registry.example/docs:1', 'registry.example/docs:1'] } },
});
