/** Pushing needs a name that says where to. */
import { defineConfig } from 'strake';

export default defineConfig({ images: { api: { push: true } } });
