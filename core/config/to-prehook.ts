import { isAbsolute, relative, resolve } from 'node:path';
import { hostPath, type HostPath } from '../base/brand.ts';
import type { Prehook } from '../contract/prehooks.ts';
import {
  placeOfSetting,
  type AnyPrehookSetting,
  type PrehookFunctionSetting,
  type PrehookSetting,
} from './prehooks.ts';

/**
 * A setting as builds are asked for it: `request.tap('x', (it) => ({ ...it, prebuild: [...it.prebuild, toPrehook(…)] }))`.
 * `dir` is what its paths are seen from; absent: the root of the image's main context.
 */
export function toPrehook(setting: AnyPrehookSetting, dir?: string): Prehook {
  const it: PrehookSetting | PrehookFunctionSetting = typeof setting === 'function' ? { run: setting } : setting;
  const at = placeOfSetting(it);
  const common = {
    ...placed(it.cwd ?? '.', dir),
    env: Object.entries(it.env ?? {}),
    outputs: it.outputs ?? [],
    ...(it.inputs && { inputs: it.inputs }),
    ...(it.timeout !== undefined && { timeout: it.timeout }),
    ...(at && { at }),
  };
  if ('run' in it) {
    const name = it.name ?? (it.run.name || 'a function');
    return { kind: 'function', ...common, name, run: it.run, version: it.version ?? '' };
  }
  const { command, shell = '/bin/sh', in: image } = it;
  return {
    kind: 'command',
    ...common,
    command,
    shell: typeof shell === 'string' ? [shell, '-c'] : shell,
    ...(image !== undefined && { in: image }),
  };
}

/** A folder of its own where the one it is written for does not hold it. */
function placed(cwd: string, dir: string | undefined): { readonly folder?: HostPath; readonly cwd: string } {
  if (dir === undefined) return isAbsolute(cwd) ? { folder: hostPath(resolve(cwd)), cwd: '' } : { cwd: below(cwd) };
  const full = resolve(dir, cwd);
  const inside = relative(dir, full);
  return inside === '..' || inside.startsWith('../')
    ? { folder: hostPath(full), cwd: '' }
    : { folder: hostPath(dir), cwd: inside };
}

/** Nothing leads out of a context. */
const below = (cwd: string): string => relative('/', resolve('/', cwd));
