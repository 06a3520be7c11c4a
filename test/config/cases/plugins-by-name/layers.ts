/** Plugins merge by name, the nearer layer wins; those of the config stand before the standard ones. Falsy ones and lists in lists are allowed. */
import { defineConfig } from 'strake';

export const base = { plugins: [{ name: 'store' }, { name: 'registry' }] };
export const whys = ['plugins.registry'];
export default defineConfig({
  extends: [{ name: 'acme', plugins: [{ name: 'stamp' }, { name: 'registry' }] }],
  plugins: [[{ name: 'registry' }, [false]], undefined, { name: 'own' }],
});
