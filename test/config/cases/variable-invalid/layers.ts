/** The environment is checked as well. */
import { defineConfig } from 'strake';

export const env = { STRAKE_JOBS: 'many' };
export default defineConfig({});
