import * as z from 'zod/mini';
import { BuildError, definePlugin, fromUtf8, pluginOptions, type ImagePath, type Job } from '../../core/index.ts';
import { readBundle, type BundleOptions } from './bundle.ts';

export interface HostCertificatesOptions extends BundleOptions {
  /** Where RUN steps find the file; default: /run/strake/ca-certificates.crt. */
  readonly path?: string;
}

const filled = z.string().check(z.minLength(1, { error: 'it must not be empty' }));
const shape = z.strictObject({
  bundle: z.optional(filled),
  add: z.optional(z.array(filled)),
  path: z.optional(z.string().check(z.regex(/^(?:\/[\w.-]+)+$/, { error: 'it must be an absolute path' }))),
});

const usualPath = '/run/strake/ca-certificates.crt';

/** Variables by which programs are told of a file with all they are to trust. */
const variables = [
  // OpenSSL, and with it Python, Ruby, PHP; Go; rustls where it asks the system.
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
  'REQUESTS_CA_BUNDLE',
  'PIP_CERT',
  'CURL_CA_BUNDLE',
  'GIT_SSL_CAINFO',
  'AWS_CA_BUNDLE',
  'CARGO_HTTP_CAINFO',
  'DENO_CERT',
] as const;

/**
 * RUN steps trust whom this machine trusts: a proxy that signs TLS anew, servers of a company. The file is there for the
 * command alone; no layer and no key of a step knows of it.
 */
export const hostCertificates = definePlugin((given: HostCertificatesOptions = {}) => {
  const { path = usualPath, ...options } = pluginOptions(shape, given, 'host-certificates') as HostCertificatesOptions;
  const target = fromUtf8(path) as string as ImagePath;
  let reading: Promise<string | undefined> | undefined;
  return {
    name: 'host-certificates',
    // Whom a command trusts decides whether it can do its work, not what comes of it.
    cacheKey: false as const,
    apply(hooks) {
      hooks.preBuild.tapPromise('host-certificates', async ({ complain }, { world }) => {
        // Anew for each build: certificates are renewed.
        reading = readBundle(options, world);
        try {
          if ((await reading) !== undefined) return;
          const message = 'This machine has no certificates to hand to RUN steps.';
          world.report({ type: 'notice', level: 'info', code: 'HOST_CERTIFICATES_NONE', message });
        } catch (error) {
          if (!BuildError.is(error)) throw error;
          complain(error);
        }
      });
      hooks.job.tapPromise('host-certificates', async (job, { world }) => {
        const content = await (reading ??= readBundle(options, world));
        return content === undefined ? job : trusting(job, target, path, content);
      });
    },
  };
});

/** What the image or the Dockerfile says about certificates stays as it is. */
function trusting(job: Job, target: ImagePath, path: string, content: string): Job {
  const said = new Set(job.env.map(([name]) => name));
  return {
    ...job,
    env: [...job.env, ...variables.filter((name) => !said.has(name)).map((name) => [name, path] as const)],
    files: [...job.files, { path: target, content, mode: 0o444 }],
  };
}
