import type { Env } from '../../../core/index.ts';

/**
 * Environments of jobs as the providers' references describe them, with what else lies around in them: tokens that
 * must not be told by anybody.
 */
export const tokens = [
  'ghs_tokenOfTheRunner0123456789',
  'glcbt-64_tokenOfTheJob',
  'registry-password-of-the-job',
  'runtime.token.of.the.cache',
  'git-password-in-the-url',
];

const github: Env = {
  CI: 'true',
  GITHUB_ACTION: '__run_2',
  GITHUB_ACTIONS: 'true',
  GITHUB_ACTOR: 'octocat',
  GITHUB_ACTOR_ID: '583231',
  GITHUB_API_URL: 'https://api.github.com',
  GITHUB_BASE_REF: '',
  GITHUB_ENV: '/home/runner/work/_temp/_runner_file_commands/set_env_1',
  GITHUB_EVENT_NAME: 'push',
  GITHUB_EVENT_PATH: '/home/runner/work/_temp/_github_workflow/event.json',
  GITHUB_GRAPHQL_URL: 'https://api.github.com/graphql',
  GITHUB_HEAD_REF: '',
  GITHUB_JOB: 'image',
  GITHUB_REF: 'refs/heads/main',
  GITHUB_REF_NAME: 'main',
  GITHUB_REF_PROTECTED: 'true',
  GITHUB_REF_TYPE: 'branch',
  GITHUB_REPOSITORY: 'Acme/Payments-API',
  GITHUB_REPOSITORY_ID: '2325298',
  GITHUB_REPOSITORY_OWNER: 'Acme',
  GITHUB_RUN_ATTEMPT: '1',
  GITHUB_RUN_ID: '1658821493',
  GITHUB_RUN_NUMBER: '17',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_SHA: 'ffac537e6cbbf934b08745a378932722df287a53',
  GITHUB_STEP_SUMMARY: '/home/runner/work/_temp/_runner_file_commands/step_summary_1',
  GITHUB_TOKEN: tokens[0],
  GITHUB_WORKFLOW: 'images',
  GITHUB_WORKSPACE: '/home/runner/work/payments-api/payments-api',
  ACTIONS_RUNTIME_TOKEN: tokens[3],
  RUNNER_ARCH: 'X64',
  RUNNER_OS: 'Linux',
  RUNNER_TEMP: '/home/runner/work/_temp',
};

const gitlab: Env = {
  CI: 'true',
  CI_API_V4_URL: 'https://gitlab.example/api/v4',
  CI_COMMIT_AUTHOR: 'Ada <ada@acme.example>',
  CI_COMMIT_BEFORE_SHA: '0000000000000000000000000000000000000000',
  CI_COMMIT_BRANCH: 'main',
  CI_COMMIT_MESSAGE: 'Pay on time',
  CI_COMMIT_REF_NAME: 'main',
  CI_COMMIT_REF_PROTECTED: 'true',
  CI_COMMIT_REF_SLUG: 'main',
  CI_COMMIT_SHA: '1ecfd275763eff1d6b4844ea3168962458c9f27a',
  CI_COMMIT_SHORT_SHA: '1ecfd275',
  CI_COMMIT_TIMESTAMP: '2026-03-14T17:09:26+02:00',
  CI_DEFAULT_BRANCH: 'main',
  CI_JOB_ID: '50',
  CI_JOB_NAME: 'image',
  CI_JOB_STAGE: 'build',
  CI_JOB_TOKEN: tokens[1],
  CI_PIPELINE_ID: '1000',
  CI_PIPELINE_IID: '10',
  CI_PIPELINE_SOURCE: 'push',
  CI_PROJECT_DIR: '/builds/acme/payments/api',
  CI_PROJECT_NAMESPACE: 'acme/payments',
  CI_PROJECT_PATH: 'acme/payments/api',
  CI_PROJECT_URL: 'https://gitlab.example/acme/payments/api',
  CI_REGISTRY: 'registry.gitlab.example',
  CI_REGISTRY_IMAGE: 'registry.gitlab.example/acme/payments/api',
  CI_REGISTRY_PASSWORD: tokens[2],
  CI_REGISTRY_USER: 'gitlab-ci-token',
  CI_REPOSITORY_URL: `https://gitlab-ci-token:${tokens[1]}@gitlab.example/acme/payments/api.git`,
  CI_SERVER_URL: 'https://gitlab.example',
  GITLAB_CI: 'true',
  GITLAB_USER_LOGIN: 'ada',
};

/** A merge request pipeline has no CI_COMMIT_BRANCH. */
const { CI_COMMIT_BRANCH: _, ...gitlabDetached } = gitlab;

const jenkins: Env = {
  BRANCH_IS_PRIMARY: 'true',
  BRANCH_NAME: 'main',
  BUILD_DISPLAY_NAME: '#153',
  BUILD_ID: '153',
  BUILD_NUMBER: '153',
  BUILD_TAG: 'jenkins-payments-api-main-153',
  BUILD_URL: 'https://jenkins.acme.example/job/payments/job/api/job/main/153/',
  CI: 'true',
  EXECUTOR_NUMBER: '0',
  GIT_BRANCH: 'main',
  GIT_COMMIT: '9fceb02d0ae598e95dc970b74767f19372d61af8',
  GIT_URL: `https://builder:${tokens[4]}@git.acme.example/payments/api.git`,
  HUDSON_URL: 'https://jenkins.acme.example/',
  JENKINS_HOME: '/var/jenkins_home',
  JENKINS_URL: 'https://jenkins.acme.example/',
  JOB_BASE_NAME: 'main',
  JOB_NAME: 'payments/api/main',
  NODE_NAME: 'agent-3',
  REGISTRY_PASSWORD: tokens[2],
  WORKSPACE: '/home/jenkins/agent/workspace/payments_api_main',
};

const tekton: Env = {
  HOME: '/tekton/home',
  HOSTNAME: 'api-image-run-7xk2p-build-pod',
  TEKTON_BRANCH: 'refs/heads/main',
  TEKTON_PIPELINE_RUN: 'api-image-run-7xk2p',
  TEKTON_REPO_URL: 'git@github.com:acme/payments-api.git',
  TEKTON_REVISION: 'b8f3c7d9e0a1425364758697a8b9cadbecfd0e1f',
  GIT_PASSWORD: tokens[4],
};

export const environments = {
  github: {
    push: github,
    branch: { ...github, GITHUB_REF: 'refs/heads/feature/Log-in', GITHUB_REF_NAME: 'feature/Log-in' },
    change: {
      ...github,
      GITHUB_BASE_REF: 'main',
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_HEAD_REF: 'feature/login',
      GITHUB_REF: 'refs/pull/42/merge',
      GITHUB_REF_NAME: '42/merge',
    },
    /** Runs on the base branch, for the code of a stranger. */
    target: { ...github, GITHUB_EVENT_NAME: 'pull_request_target', GITHUB_BASE_REF: 'main', GITHUB_HEAD_REF: 'evil' },
    tag: { ...github, GITHUB_REF: 'refs/tags/v1.4.2', GITHUB_REF_NAME: 'v1.4.2', GITHUB_REF_TYPE: 'tag' },
    own: { ...github, GITHUB_SERVER_URL: 'https://github.acme.example' },
  },
  gitlab: {
    push: gitlab,
    change: {
      ...gitlabDetached,
      CI_COMMIT_REF_NAME: 'feature/login',
      CI_MERGE_REQUEST_EVENT_TYPE: 'detached',
      CI_MERGE_REQUEST_IID: '7',
      CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: 'feature/login',
      CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
      CI_OPEN_MERGE_REQUESTS: 'acme/payments/api!7',
      CI_PIPELINE_SOURCE: 'merge_request_event',
    },
    /** Of a repository at GitHub; the branch is one of somebody's. */
    pull: {
      ...gitlab,
      CI_COMMIT_BRANCH: 'feature/login',
      CI_COMMIT_REF_NAME: 'feature/login',
      CI_EXTERNAL_PULL_REQUEST_IID: '9',
      CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME: 'feature/login',
      CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME: 'main',
      CI_PIPELINE_SOURCE: 'external_pull_request_event',
    },
    tag: { ...gitlabDetached, CI_COMMIT_REF_NAME: '2.0.0-rc.1', CI_COMMIT_TAG: '2.0.0-rc.1' },
  },
  jenkins: {
    push: jenkins,
    plain: { ...jenkins, BRANCH_NAME: '', GIT_BRANCH: 'origin/release/2' },
    change: {
      ...jenkins,
      BRANCH_NAME: 'PR-24',
      CHANGE_BRANCH: 'feature/login',
      CHANGE_ID: '24',
      CHANGE_TARGET: 'main',
      GIT_BRANCH: 'PR-24',
    },
    tag: { ...jenkins, BRANCH_NAME: 'v0.3.1', GIT_BRANCH: 'v0.3.1', TAG_NAME: 'v0.3.1', TAG_DATE: 'Sat Mar 14 2026' },
  },
  tekton: {
    push: tekton,
    change: { ...tekton, TEKTON_BRANCH: 'feature/login', TEKTON_PULL_REQUEST: '5' },
    tag: { ...tekton, TEKTON_TAG: 'nightly_2026+03' },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Env>>>>;
