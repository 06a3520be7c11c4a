import { defineCase } from '../../case.ts';

export default defineCase({
  why: 'A package with a plugin, under the name that was asked for throughout.',
  argv: ['new', 'plugin', 'strake-plugin-ftp-mirror'],
  shows: ['strake-plugin-ftp-mirror/package.json', 'strake-plugin-ftp-mirror/src/index.ts'],
});
