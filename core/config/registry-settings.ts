import * as z from 'zod/mini';

/** How one registry is spoken to. Paths are seen from the folder of the config. */
export interface RegistrySetting {
  /** A file with the certificates of those who sign the registry's, besides the system's. */
  readonly ca?: string | null | undefined;
  /** Files that say who we are, with the registry that wants to know: a certificate and its key. */
  readonly cert?: string | null | undefined;
  readonly key?: string | null | undefined;
  /** It may be asked in plain HTTP, or with a certificate nobody signed. */
  readonly insecure?: boolean | null | undefined;
  /** It is asked over TLS, whoever signed its certificate. */
  readonly skipTlsVerify?: boolean | null | undefined;
  /** Where its images are pulled from first, in this order: `mirror.example/dockerhub`. */
  readonly mirrors?: readonly string[] | null | undefined;
  /** `false`: with mirrors, the registry itself is not pulled from. */
  readonly fallback?: boolean | null | undefined;
  /** How often a request is tried, the first time included; default: 5, mirrors 2. */
  readonly attempts?: number | null | undefined;
  /** Seconds without a byte until a request is given up; default: 60, uploads 600. */
  readonly timeout?: number | null | undefined;
}

const filled = z.string().check(z.minLength(1, { error: 'it must not be empty' }));
const optional = <Shape extends z.ZodMiniType>(shape: Shape) => z.nullish(shape);

/** `mirror.example:5000/prefix`; a scheme would say what is said by `insecure`. */
export const isMirrorPlace = (text: string): boolean =>
  /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(?::\d+)?(?:\/[\w.-]+)*$/i.test(text);
export const mirrorWanted = 'it must be host:port/path without a scheme; one without TLS is insecure by its own entry';

/** `registry.example:5000`: whoever writes `http://` in front would be passed over without a word. */
export const isRegistryHost = (text: string): boolean => isMirrorPlace(text) && !text.includes('/');
export const hostWanted = 'it must be host:port, without a scheme and without a path';

const mirror = z.string().check(z.refine(isMirrorPlace, { error: mirrorWanted }));

export const registryShape = z.strictObject({
  ca: optional(filled),
  cert: optional(filled),
  key: optional(filled),
  insecure: optional(z.boolean()),
  skipTlsVerify: optional(z.boolean()),
  mirrors: optional(z.array(mirror)),
  fallback: optional(z.boolean()),
  attempts: optional(z.int().check(z.positive({ error: 'it must be more than 0' }))),
  timeout: optional(z.number().check(z.positive({ error: 'it must be more than 0' }))),
});

/** What only a host has, and not a part of it. */
const ofHosts = ['ca', 'cert', 'key', 'insecure', 'skipTlsVerify', 'attempts', 'timeout'] as const;

export const registriesShape = z.record(filled, z.nullish(registryShape)).check(({ value, issues }) => {
  const complain = (name: string, field: keyof RegistrySetting, message: string): void =>
    void issues.push({ code: 'custom', path: [name, field], message, input: value[name] });
  for (const [name, setting] of Object.entries(value)) {
    if (!setting) continue;
    if (name === '*' && setting.mirrors) complain(name, 'mirrors', 'mirrors are of one registry');
    if (name.includes('/'))
      for (const field of ofHosts.filter((it) => setting[it] !== undefined && setting[it] !== null))
        complain(name, field, 'it is a matter of the host; a part of it has mirrors and fallback alone');
    if (typeof setting.cert === 'string' && setting.key === undefined) complain(name, 'key', 'cert needs it');
    if (typeof setting.key === 'string' && setting.cert === undefined) complain(name, 'cert', 'key needs it');
  }
});
