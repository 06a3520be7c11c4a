import type { Env } from '../../core/index.ts';
import { pageOf, valueOf, type CiFacts, type Provider, type ProviderReader } from './facts.ts';

/** https://docs.github.com/actions: "Default environment variables" */
const github: ProviderReader = {
  detects: (env) => env['GITHUB_ACTIONS'] === 'true',
  read(env) {
    const repository = valueOf(env, 'GITHUB_REPOSITORY');
    const name = valueOf(env, 'GITHUB_REF_NAME');
    const event = valueOf(env, 'GITHUB_EVENT_NAME') ?? '';
    // `pull_request_target` runs on the branch that is merged into, for code that is not of it.
    const isChange = event.startsWith('pull_request') || (env['GITHUB_REF'] ?? '').startsWith('refs/pull/');
    const number = /^refs\/pull\/(\d+)\//.exec(env['GITHUB_REF'] ?? '')?.[1];
    const isTag = env['GITHUB_REF_TYPE'] === 'tag';
    return {
      commit: valueOf(env, 'GITHUB_SHA'),
      ...(isChange ? { change: { kind: 'pr', number } } : isTag ? { tag: name } : { branch: name }),
      url: repository && pageOf(`${valueOf(env, 'GITHUB_SERVER_URL') ?? 'https://github.com'}/${repository}`),
      // Names of images know no capitals. On servers of one's own there is no such convention.
      repository: repository && isGithubItself(env) ? `ghcr.io/${repository.toLowerCase()}` : undefined,
    };
  },
};

const isGithubItself = (env: Env): boolean =>
  (valueOf(env, 'GITHUB_SERVER_URL') ?? 'https://github.com') === 'https://github.com';

/** https://docs.gitlab.com/ci/variables/predefined_variables */
const gitlab: ProviderReader = {
  detects: (env) => env['GITLAB_CI'] === 'true',
  read(env) {
    const merge = valueOf(env, 'CI_MERGE_REQUEST_IID');
    const pull = valueOf(env, 'CI_EXTERNAL_PULL_REQUEST_IID');
    const tag = valueOf(env, 'CI_COMMIT_TAG');
    return {
      commit: valueOf(env, 'CI_COMMIT_SHA'),
      ...(merge !== undefined
        ? { change: { kind: 'mr', number: merge } }
        : pull !== undefined
          ? { change: { kind: 'pr', number: pull } }
          : tag !== undefined
            ? { tag }
            : { branch: valueOf(env, 'CI_COMMIT_BRANCH') }),
      url: pageOf(valueOf(env, 'CI_PROJECT_URL')),
      repository: valueOf(env, 'CI_REGISTRY_IMAGE'),
      committed: valueOf(env, 'CI_COMMIT_TIMESTAMP'),
    };
  },
};

/** Jenkins' own, those of multibranch projects, and those of its git plugin. */
const jenkins: ProviderReader = {
  detects: (env) => Boolean(env['JENKINS_URL'] ?? env['JENKINS_HOME']) && Boolean(env['BUILD_NUMBER']),
  read(env) {
    const change = valueOf(env, 'CHANGE_ID');
    const tag = valueOf(env, 'TAG_NAME');
    // The git plugin names the branch of the remote: `origin/main`.
    const branch = valueOf(env, 'BRANCH_NAME') ?? valueOf(env, 'GIT_BRANCH')?.replace(/^(?:origin|upstream)\//, '');
    return {
      commit: valueOf(env, 'GIT_COMMIT'),
      ...(change !== undefined ? { change: { kind: 'pr', number: change } } : tag !== undefined ? { tag } : { branch }),
      url: pageOf(valueOf(env, 'GIT_URL')),
    };
  },
};

/** A step of Tekton is told nothing by itself: its Task hands these on, as docs/presets.md shows. */
const tekton: ProviderReader = {
  detects: (env) => Boolean(env['TEKTON_TASK_RUN'] ?? env['TEKTON_PIPELINE_RUN']),
  read(env) {
    const change = valueOf(env, 'TEKTON_PULL_REQUEST');
    const tag = valueOf(env, 'TEKTON_TAG');
    const branch = valueOf(env, 'TEKTON_BRANCH')?.replace(/^refs\/heads\//, '');
    return {
      commit: valueOf(env, 'TEKTON_REVISION'),
      ...(change !== undefined ? { change: { kind: 'pr', number: change } } : tag !== undefined ? { tag } : { branch }),
      url: pageOf(valueOf(env, 'TEKTON_REPO_URL')),
    };
  },
};

const readers: Readonly<Record<Provider, ProviderReader>> = { github, gitlab, jenkins, tekton };

/** The CI whose job this is, or the one that was named; `undefined` outside of any. */
export function readFacts(env: Env, named: Provider | 'none' | undefined): CiFacts | undefined {
  if (named === 'none') return undefined;
  const provider = named ?? (Object.keys(readers) as Provider[]).find((name) => readers[name].detects(env));
  return provider && { provider, ...readers[provider].read(env) };
}
