import { definePlugin, Secret, type Credentials, type Env } from '../../core/index.ts';

/**
 * What GitLab gives to its jobs: the login of its own registry (`CI_REGISTRY`) and of its proxy of Docker Hub
 * (`CI_DEPENDENCY_PROXY_SERVER`). Other hosts get nothing.
 */
export const gitlabCredentials = definePlugin(() => ({
  name: 'gitlab-credentials',
  credentials: [
    { name: 'gitlab-credentials', credentials: ({ registry }, { env }) => Promise.resolve(ofJob(registry, env)) },
  ],
}));

/** The user that goes with the token of a job. */
const jobUser = 'gitlab-ci-token';

function ofJob(registry: string, env: Env): Credentials | undefined {
  if (sameServer(registry, env['CI_REGISTRY']))
    return login(env, 'CI_REGISTRY_USER', 'CI_REGISTRY_PASSWORD') ?? login(env, undefined, 'CI_JOB_TOKEN');
  if (sameServer(registry, env['CI_DEPENDENCY_PROXY_SERVER']))
    return (
      login(env, 'CI_DEPENDENCY_PROXY_USER', 'CI_DEPENDENCY_PROXY_PASSWORD') ?? login(env, undefined, 'CI_JOB_TOKEN')
    );
  return undefined;
}

function login(env: Env, user: string | undefined, secret: string): Credentials | undefined {
  const username = user === undefined ? jobUser : env[user];
  const password = env[secret];
  if (!username || !password) return undefined;
  return {
    kind: 'basic',
    username,
    password: new Secret(password),
    from: secret,
    ifDenied:
      'What GitLab gives to a job ends with it, and opens the registry of its own project; for others add the project to the job token allowlist there, or log in with a deploy token.',
  };
}

/** GitLab writes `gitlab.example:443` where people write `gitlab.example`. */
const sameServer = (registry: string, server: string | undefined): boolean =>
  Boolean(server) && plain(registry) === plain(server!);

const plain = (host: string): string =>
  host
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/\/.*$/, '')
    .replace(/:443$/, '');
