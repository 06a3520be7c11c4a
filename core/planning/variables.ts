import { nearest } from '../base/suggest.ts';
import type { Pairs, Platform } from '../oci/image.ts';
import { expandWord, type Dockerfile, type Scope } from '../dockerfile/index.ts';
import type { PlanImage, PlanInput } from './input.ts';
import { printPlatform } from '../oci/platform.ts';

/** Variables in a map, as word expansion asks for them. */
export const scopeOf = (variables: ReadonlyMap<string, string>): Scope => ({
  get: (name) => variables.get(name),
  names: () => variables.keys(),
});

const proxyNames = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'];

/** What the builder itself reads; nobody has to declare them. */
const builderArgs = new Set([
  'BUILDKIT_BUILD_NAME',
  'BUILDKIT_CACHE_MOUNT_NS',
  'BUILDKIT_CONTEXT_KEEP_GIT_DIR',
  'BUILDKIT_DOCKERFILE_CHECK',
  'BUILDKIT_INLINE_CACHE',
  'BUILDKIT_MULTI_PLATFORM',
  'BUILDKIT_SANDBOX_HOSTNAME',
  'BUILDKIT_SBOM_SCAN_CONTEXT',
  'BUILDKIT_SBOM_SCAN_STAGE',
  'BUILDKIT_SYNTAX',
  'SOURCE_DATE_EPOCH',
]);

/** Args of the builder that are declared in stages and yet are no variables there. */
export const isSilentArg = (name: string): boolean =>
  name === 'BUILDKIT_SBOM_SCAN_CONTEXT' || name === 'BUILDKIT_SBOM_SCAN_STAGE';

/** Build args as given; the epoch of the build counts as given where nobody says otherwise. */
export function buildArgsOf(image: PlanImage, input: PlanInput): ReadonlyMap<string, string> {
  const args = new Map<string, string>();
  if (input.sourceDateEpoch !== undefined) args.set('SOURCE_DATE_EPOCH', String(input.sourceDateEpoch));
  return new Map([...args, ...image.request.args]);
}

const isProxy = (name: string): boolean => proxyNames.includes(name.toUpperCase());

/** Predefined platform args: global ones, so a stage sees them after an ARG of the name. */
export function platformArgs(
  host: Platform,
  target: Platform,
  stageName: string | undefined,
  buildArgs: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const args = new Map<string, string>([
    ...of('BUILD', host),
    ...of('TARGET', target),
    // BuildKit's word for a last stage without a name.
    ['TARGETSTAGE', stageName ?? 'default'],
  ]);
  for (const name of args.keys()) {
    const given = buildArgs.get(name);
    if (given !== undefined) args.set(name, given);
  }
  return args;
}

const of = (prefix: string, it: Platform): [string, string][] => [
  [`${prefix}PLATFORM`, printPlatform(it)],
  [`${prefix}OS`, it.os],
  [`${prefix}OSVERSION`, it.osVersion ?? ''],
  [`${prefix}ARCH`, it.architecture],
  [`${prefix}VARIANT`, it.variant ?? ''],
];

/** The ARGs before the first FROM on top of the predefined ones. Each default sees those above it. */
export function globalArgs(
  dockerfile: Dockerfile,
  predefined: ReadonlyMap<string, string>,
  buildArgs: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const globals = new Map(predefined);
  for (const { args } of dockerfile.globalArgs)
    for (const { name, value, span } of args) {
      const given = buildArgs.get(name);
      if (given !== undefined) globals.set(name, given);
      else if (value)
        globals.set(name, expandWord(value.text, scopeOf(globals), dockerfile.directives.escape, span).text);
    }
  return globals;
}

/**
 * Proxies a RUN gets undeclared, in both cases, as programs differ in which one they read. Build args beat the
 * machine's, which are never more than this: a declared ARG does not take them, so no key depends on the machine.
 */
export function proxyVariables(machine: Pairs, buildArgs: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const known = [...machine, ...buildArgs];
  const proxies = new Map<string, string>();
  for (const name of proxyNames) {
    const value = known.findLast(([key]) => key.toUpperCase() === name)?.[1];
    if (value) for (const key of [name, name.toLowerCase()]) proxies.set(key, value);
  }
  return proxies;
}

/** Build args that no ARG of the file declares and that nobody else reads, each with the name that may be meant. */
export function unusedBuildArgs(
  image: PlanImage,
  predefined: ReadonlyMap<string, string>,
  declared: ReadonlySet<string>,
): readonly { readonly name: string; readonly nearest: string | undefined }[] {
  const known = (name: string): boolean =>
    declared.has(name) || predefined.has(name) || builderArgs.has(name) || isProxy(name);
  return image.request.args
    .filter(([name]) => !known(name))
    .map(([name]) => ({ name, nearest: nearest(name, declared) }));
}
