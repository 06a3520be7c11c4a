import type { Secret } from '../../../core/index.ts';

/** What a request to AWS, or to a server that speaks like it, is signed with. */
export interface AwsKeys {
  /** No secret: it is sent as it is. */
  readonly id: string;
  readonly secret: Secret;
  /** Goes with keys that end some day. */
  readonly token?: Secret;
  /** Milliseconds since 1970; absent: they last. */
  readonly expires?: number;
}
