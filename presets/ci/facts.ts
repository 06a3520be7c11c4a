import type { Env } from '../../core/index.ts';

/** What a CI says of the build in hand, whoever it is. What it does not say is absent. */
export interface CiFacts {
  readonly provider: Provider;
  /** The whole hash. */
  readonly commit?: string | undefined;
  /** Of a build of a branch; not of a tag or a change. */
  readonly branch?: string | undefined;
  readonly tag?: string | undefined;
  /** A pull or merge request: what it is built from has not been reviewed. */
  readonly change?: Change | undefined;
  /** The project's page, without credentials. */
  readonly url?: string | undefined;
  /** Where its images go by convention. */
  readonly repository?: string | undefined;
  /** RFC 3339, of the commit. */
  readonly committed?: string | undefined;
}

export interface Change {
  /** Absent where the CI tells that it is a change and not which. */
  readonly number?: string | undefined;
  /** What its tags begin with: `pr`, `mr`. */
  readonly kind: 'pr' | 'mr';
}

export type Provider = 'github' | 'gitlab' | 'jenkins' | 'tekton';

/** One kind of CI, known by its variables alone: nothing else is read, so nothing else can be told. */
export interface ProviderReader {
  /** Is this the environment of one of its jobs? */
  detects(env: Env): boolean;
  read(env: Env): Omit<CiFacts, 'provider'>;
}

/** Set to nothing is not set. */
export const valueOf = (env: Env, name: string): string | undefined => env[name] || undefined;

/** A page of a repository: clone addresses lose `.git`, ssh ones become pages, and nobody's password stays. */
export function pageOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  const [, host, path] = /^[\w.-]+@([\w.-]+):(?!\/\/)(.+)$/.exec(address) ?? [];
  const url = URL.parse(host === undefined ? address : `https://${host}/${path}`);
  if (url === null) return undefined;
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
  const origin = isWeb ? url.origin : `https://${url.hostname}`;
  return `${origin}${url.pathname.replace(/(?:\.git)?\/*$/, '')}`;
}
