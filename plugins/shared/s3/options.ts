import * as z from 'zod/mini';

/** How a server is reached; what is absent the environment and the profile say. */
export interface ServerOptions {
  readonly region?: string | undefined;
  /** `https://s3.example:9000`; absent everywhere: Amazon's. */
  readonly endpoint?: string | undefined;
  /** The bucket is a part of the path, and not of the host name. */
  readonly pathStyle?: boolean | undefined;
  /** Of `~/.aws/config`: whose credentials, region and endpoint count. */
  readonly profile?: string | undefined;
}

const filled = z.string().check(z.minLength(1, { error: 'it must not be empty' }));

/** The options as a config has them. */
export const serverShape = {
  region: z.optional(filled),
  endpoint: z.optional(filled),
  pathStyle: z.optional(z.boolean()),
  profile: z.optional(filled),
};
