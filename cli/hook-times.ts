import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { storeFolder, type Env, type HookTiming } from '../core/index.ts';

/** What plugins took in the last build, kept for `strake plugins`. */
interface HookTimes {
  /** The folder of the config: another project's plugins are other plugins. */
  readonly dir: string;
  readonly timings: readonly HookTiming[];
}

const placeIn = (env: Env): string => join(storeFolder(env, env['HOME'] ?? '/'), 'hook-times.json');

export function keepHookTimes(times: HookTimes, env: Env): void {
  const path = placeIn(env);
  try {
    mkdirSync(join(path, '..'), { recursive: true });
    const temporary = `${path}.${Math.random().toString(36).slice(2)}`;
    writeFileSync(temporary, JSON.stringify(times));
    renameSync(temporary, path);
  } catch {
    // Nobody's build ends badly for want of these.
  }
}

/** By plugin and hook; empty where the last build was another project's. */
export function lastHookTimes(dir: string, env: Env): readonly HookTiming[] {
  try {
    const times = JSON.parse(readFileSync(placeIn(env), 'utf8')) as HookTimes;
    return times.dir === dir ? times.timings : [];
  } catch {
    return [];
  }
}
