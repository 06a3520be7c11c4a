/** Two plugins of one name in one layer are a slip. */
import { defineConfig } from 'strake';

export default defineConfig({ plugins: [{ name: 'a' }, { name: 'a' }] });
