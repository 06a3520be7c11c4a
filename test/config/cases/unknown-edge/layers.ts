/** image('…') of a name that no layer has. */
import { defineConfig, image } from 'strake';

const wrong = { contexts: { base: image('bse') } } as never;
export default defineConfig({ images: { base: {}, api: wrong } });
