/** A path that names nothing gets the nearest name. */
import { defineConfig } from 'strake';

export const whys = ['images.api.platform'];
export default defineConfig({ images: { api: {} } });
