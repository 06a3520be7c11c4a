import { problem } from '../base/errors.ts';
import type { Span } from '../base/source-text.ts';
import type { Platform } from '../oci/image.ts';

/** `linux/arm/v7`; the system's version, which Windows images need, in brackets. */
export const platformName = (it: Platform): string =>
  [it.osVersion ? `${it.os}(${it.osVersion})` : it.os, it.architecture, it.variant].filter(Boolean).join('/');

const spelling: ReadonlyMap<string, string> = new Map([
  ['aarch64', 'arm64'],
  ['arm64/v8', 'arm64'],
  ['armhf', 'arm/v7'],
  ['armel', 'arm/v6'],
  ['x86_64', 'amd64'],
  ['x86-64', 'amd64'],
  ['amd64/v1', 'amd64'],
  ['i386', '386'],
]);

/** `linux/arm64`, `linux/arm/v7`, `linux`, `arm64`, in the spellings people use. What is not given is the host's. */
export function parsePlatform(text: string, host: Platform, at: Span): Platform {
  const match = /^([a-z]+)(?:\(([\w.]+)\))?$/.exec(text.toLowerCase());
  const parts = text.toLowerCase().split('/');
  if (parts.length > 3 || parts.some((part) => !/^[\w.()-]+$/.test(part)))
    throw problem('PLATFORM_INVALID', { text }, { at });
  if (parts.length === 1) {
    const system = match && systems.has(match[1]!);
    return system ? { ...split(match[1]!, `${host.architecture}`), ...version(match[2]) } : split(host.os, parts[0]!);
  }
  const os = /^([a-z]+)(?:\(([\w.]+)\))?$/.exec(parts[0]!);
  if (!os) throw problem('PLATFORM_INVALID', { text }, { at });
  return { ...split(os[1]!, parts.slice(1).join('/')), ...version(os[2]) };
}

const systems = new Set(['linux', 'windows', 'darwin', 'freebsd', 'macos']);

function split(os: string, machine: string): Platform {
  const [architecture, variant] = (spelling.get(machine) ?? machine).split('/');
  return { os: os === 'macos' ? 'darwin' : os, architecture: architecture!, ...(variant && { variant }) };
}

const version = (text: string | undefined): Partial<Platform> => (text ? { osVersion: text } : {});
