import { problem } from '../base/errors.ts';
import type { Platform } from './image.ts';

// Spellings, defaults and what runs what are those of containerd's package `platforms`.

const systems: ReadonlySet<string> = new Set(['linux', 'windows', 'darwin', 'freebsd', 'openbsd', 'netbsd', 'wasip1']);
const architectures: ReadonlySet<string> = new Set(
  '386 amd64 arm arm64 loong64 mips mipsle mips64 mips64le ppc64 ppc64le riscv64 s390x wasm'.split(' '),
);
/** System, its version and its features: `windows(10.0.17763+win32k)`. */
const systemShape = /^([a-z0-9_-]+)(?:\(([\w.-]*)((?:\+[\w.-]+)*)\))?$/i;
const partShape = /^[\w.-]+$/;

/** `linux/arm64`, `linux/arm/v7`, `arm64`, `linux`; what is not said is the host's, else linux on amd64. */
export function parsePlatform(text: string, host: Platform = { os: 'linux', architecture: 'amd64' }): Platform {
  const [first = '', ...rest] = text.split('/');
  const system = systemShape.exec(first);
  if (!system || rest.length > 2 || !rest.every((part) => partShape.test(part)))
    throw problem('PLATFORM_INVALID', { text });
  const [architecture, variant] = rest;
  const os = systemOf(system[1]!);
  if (architecture !== undefined)
    return normalisePlatform({ os, architecture, ...opt({ variant }), ...versionOf(system[2], system[3]) });
  if (systems.has(os)) {
    const own = os === host.os ? opt({ variant: host.variant }) : {};
    return normalisePlatform({ os, architecture: host.architecture, ...own, ...versionOf(system[2], system[3]) });
  }
  const alone = normalisePlatform({ os: host.os, architecture: first });
  if (!architectures.has(alone.architecture)) throw problem('PLATFORM_INVALID', { text });
  return alone;
}

const opt = ({ variant }: { variant: string | undefined }): { variant?: string } => (variant ? { variant } : {});

const versionOf = (version: string | undefined, features: string | undefined): Partial<Platform> => ({
  ...(version && { osVersion: version }),
  ...(features && { osFeatures: features.slice(1).split('+') }),
});

const systemOf = (name: string): string => (name.toLowerCase() === 'macos' ? 'darwin' : name.toLowerCase());

/** One spelling for each platform: arm64 has no variant, arm always has one. */
export function normalisePlatform(platform: Platform): Platform {
  const { variant: given, architecture: name, ...rest } = platform;
  const { architecture, variant } = machineOf(name.toLowerCase(), (given ?? '').toLowerCase());
  return { ...rest, os: systemOf(platform.os), architecture, ...opt({ variant }) };
}

function machineOf(architecture: string, variant: string): { architecture: string; variant: string } {
  switch (architecture) {
    case 'i386':
    case 'i486':
    case 'i586':
    case 'i686':
    case '386':
      return { architecture: '386', variant: '' };
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return { architecture: 'amd64', variant: variant === 'v1' ? '' : variant };
    case 'aarch64':
    case 'arm64':
      return {
        architecture: 'arm64',
        variant: variant === '8' || variant === 'v8' || variant === 'v8.0' ? '' : variant,
      };
    case 'armhf':
      return { architecture: 'arm', variant: 'v7' };
    case 'armel':
      return { architecture: 'arm', variant: 'v6' };
    case 'arm':
      return { architecture: 'arm', variant: variant === '' ? 'v7' : /^\d/.test(variant) ? `v${variant}` : variant };
    default:
      return { architecture, variant };
  }
}

/** `linux/arm/v7`; with the system's version, which Windows images need: `windows(10.0.17763.1)/amd64`. */
export function printPlatform(platform: Platform): string {
  const { os, architecture, variant, osVersion } = platform;
  return [osVersion ? `${os}(${osVersion})` : os, architecture, ...(variant ? [variant] : [])].join('/');
}

/** What a machine of this platform runs, best first: an older variant of the same, then the 32 bits of it. */
function runnable(platform: Platform): readonly Pick<Platform, 'architecture' | 'variant'>[] {
  const { architecture, variant = '' } = platform;
  const downTo = (from: number, lowest: number): string[] =>
    Array.from({ length: Math.max(0, from - lowest + 1) }, (_, at) => `v${from - at}`);
  const arm = (variants: readonly string[]) => variants.map((it) => ({ architecture: 'arm', variant: it }));
  const level = Number(/^v(\d+)$/.exec(variant)?.[1] ?? 0);
  switch (architecture) {
    case 'amd64': {
      const older = downTo(level, 2).map((it) => ({ architecture, variant: it }));
      return [...older, { architecture }, { architecture: '386' }];
    }
    case 'arm64':
      return [...(variant ? [{ architecture, variant }] : []), { architecture }, ...arm(downTo(8, 5))];
    case 'arm':
      return arm(level > 0 ? downTo(level, 5) : [variant]);
    default:
      return [{ architecture, ...opt({ variant }) }];
  }
}

/** How well `offered` suits `wanted`: 0 exactly, larger is worse, `undefined` not at all. */
export function platformDistance(wanted: Platform, offered: Platform): number | undefined {
  const asked = normalisePlatform(wanted);
  const there = normalisePlatform(offered);
  if (asked.os !== there.os || !versionSuits(asked, there)) return undefined;
  const at = runnable(asked).findIndex(
    (it) => it.architecture === there.architecture && (it.variant ?? '') === (there.variant ?? ''),
  );
  return at === -1 ? undefined : at;
}

/** Windows containers need their host's build: the first three numbers. */
function versionSuits(wanted: Platform, offered: Platform): boolean {
  if (wanted.os !== 'windows' || !wanted.osVersion || !offered.osVersion) return true;
  const build = (version: string): string => version.split('.').slice(0, 3).join('.');
  return build(wanted.osVersion) === build(offered.osVersion);
}
