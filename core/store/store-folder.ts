import { join } from 'node:path';
import { hostPath, type HostPath } from '../base/brand.ts';
import type { Env } from '../contract/world.ts';

/** `STRAKE_HOME`, else `strake` in the user's cache folder. */
export const storeFolder = (env: Env, home: string): HostPath =>
  hostPath(env['STRAKE_HOME'] || join(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'strake'));
