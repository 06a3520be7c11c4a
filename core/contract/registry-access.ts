/** How a registry is spoken to. Paths are absolute; what is absent is as for every registry. */
export interface RegistryAccess {
  /** A file with the certificates (PEM) of those who sign the registry's, besides the system's. */
  readonly ca?: string;
  /** Files with the certificate and the key (PEM) that say who we are; both or none. */
  readonly cert?: string;
  readonly key?: string;
  /** It may be asked in plain HTTP, or with a certificate nobody signed. */
  readonly insecure?: boolean;
  /** It is asked over TLS, whoever signed its certificate. */
  readonly skipTlsVerify?: boolean;
  /** Where its images are pulled from first: `mirror.example/prefix`. Never pushed to. */
  readonly mirrors?: readonly string[];
  /** `false`: where there are mirrors the registry itself is not pulled from. */
  readonly fallback?: boolean;
  /** How often a request is tried, the first time included. */
  readonly attempts?: number;
  /** Milliseconds without a byte until a request is given up. */
  readonly timeout?: number;
}

/**
 * By `registry.example:5000`; `registry.example/team` has mirrors of its own for what is below; `*` is about all
 * registries that do not say otherwise.
 */
export type RegistryAccesses = ReadonlyMap<string, RegistryAccess>;
