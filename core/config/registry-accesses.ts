import { isAbsolute, resolve } from 'node:path';
import type { RegistryAccess, RegistryAccesses } from '../contract/registry-access.ts';
import type { SettledSettings } from './define.ts';
import type { RequestPlace } from './image-request.ts';
import type { Merged } from './merge.ts';

/** Other names of Docker Hub; references to it say `docker.io`. */
const hubNames = /^(?:index\.docker\.io|registry-1\.docker\.io)(?=\/|$)/;

/** What config, environment and flags say of registries, as builds are told of it. */
export function registryAccesses(
  settings: Merged<SettledSettings>,
  place: Pick<RequestPlace, 'cwd' | 'dir'>,
): RegistryAccesses {
  const accesses = new Map<string, RegistryAccess>();
  for (const [name, setting] of settings.get('registries') ?? []) {
    const absolute = (field: 'ca' | 'cert' | 'key'): Partial<RegistryAccess> => {
      const path = setting[field];
      if (typeof path !== 'string') return {};
      // Flags have no path in a config.
      const isTyped = settings.traces.get(`registries.${name}.${field}`)?.at(-1)?.path === '';
      return { [field]: isAbsolute(path) ? path : resolve(isTyped ? place.cwd : place.dir, path) };
    };
    const { insecure, skipTlsVerify, mirrors, fallback, attempts, timeout } = setting;
    const key = name.replace(hubNames, 'docker.io');
    accesses.set(key, {
      ...accesses.get(key),
      ...absolute('ca'),
      ...absolute('cert'),
      ...absolute('key'),
      ...(typeof insecure === 'boolean' && { insecure }),
      ...(typeof skipTlsVerify === 'boolean' && { skipTlsVerify }),
      ...(mirrors && { mirrors }),
      ...(typeof fallback === 'boolean' && { fallback }),
      ...(typeof attempts === 'number' && { attempts }),
      ...(typeof timeout === 'number' && { timeout: timeout * 1000 }),
    });
  }
  return accesses;
}
