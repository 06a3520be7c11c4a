import { hostPath } from '../../../core/base/brand.ts';
import type { World } from '../../../core/contract/world.ts';

/** A world in which nothing is to be had: enough for hooks and config. */
export const quietWorld = (over: Partial<World> = {}): World => ({
  cwd: hostPath('/nowhere'),
  env: {},
  home: hostPath('/nowhere'),
  uid: 1000,
  gid: 1000,
  host: { os: 'linux', architecture: 'amd64' },
  signal: new AbortController().signal,
  now: () => new Date(0),
  tempDir: () => Promise.reject(new Error('no temp space here')),
  report: () => {},
  http: () => Promise.reject(new Error('no network here')),
  async *stdin() {},
  ...over,
});
