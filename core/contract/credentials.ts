import type { Secret } from '../base/secret.ts';
import type { World } from './world.ts';

/** Asked in order; the first that knows wins. */
export interface CredentialProvider {
  readonly name: string;
  credentials(request: AuthRequest, world: World): Promise<Credentials | undefined>;
  /** `strake login`: keeps a login that the registry has accepted. Absent: it cannot; the first that can does. */
  keep?(place: LoginPlace, credentials: Credentials, world: World): Promise<KeptLogin>;
  /** `strake logout`: says where a login was removed (`/root/.docker/config.json`); empty: there was none. */
  forget?(place: LoginPlace, world: World): Promise<readonly string[]>;
}
export interface AuthRequest {
  /** `registry.example:5000` */
  readonly registry: string;
  readonly repository: string;
  readonly actions: readonly ('pull' | 'push')[];
}
export type Credentials = CredentialFacts &
  (
    | { readonly kind: 'basic'; readonly username: string; readonly password: Secret }
    /** `bearer` goes to the registry as it is; `refresh` to its token service. */
    | { readonly kind: 'bearer' | 'refresh'; readonly token: Secret }
  );
/** About credentials, for people and for builds that take long; nothing secret. */
export interface CredentialFacts {
  /** Where they were found: `/root/.docker/config.json`, `docker-credential-pass`. */
  readonly from?: string;
  /** What to do where the registry does not take them, as a hint. Absent: log in again. */
  readonly ifDenied?: string;
  /** They are good until then; the provider is asked again before. Absent: for the whole build. */
  readonly expires?: Date;
}
/** What a login is for. */
export interface LoginPlace {
  /** `registry.example:5000`, `docker.io` */
  readonly registry: string;
  /** The repositories below: `team` is `team/app` too. Absent: all. */
  readonly repository?: string;
}
export interface KeptLogin {
  /** `/root/.docker/config.json`, `docker-credential-pass` */
  readonly where: string;
  /** Whoever reads the file has the password. */
  readonly readable: boolean;
}
