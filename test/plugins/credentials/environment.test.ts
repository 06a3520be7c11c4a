import { expect, test } from 'vitest';
import { fakeWorld } from '../../../core/testing/index.ts';
import { environmentCredentials } from '../../../plugins/environment-credentials/index.ts';
import { gitlabCredentials } from '../../../plugins/gitlab-credentials/index.ts';
import { ask } from './ask.ts';

const login = (stem: string, user: string, password = 'x') => ({
  [`KANIKO_${stem}_USER`]: user,
  [`KANIKO_${stem}_PASSWORD`]: password,
});

test.each([
  ['registry.example', login('REGISTRY_EXAMPLE', 'a', 's3:cret'), 'a:s3:cret'],
  ['my-registry.team.example:5000', login('MY_REGISTRY_TEAM_EXAMPLE', 'a'), 'a:x'],
  ['registry.team.example', login('TEAM_EXAMPLE', 'a'), 'a:x'],
  ['registry.team.example', { ...login('TEAM_EXAMPLE', 'a'), ...login('REGISTRY_TEAM_EXAMPLE', 'b') }, 'b:x'],
  ['localhost:5000', login('LOCALHOST', 'a'), 'a:x'],
  ['registry.example', login('EXAMPLE', 'a'), undefined],
  ['other-registry.example', login('REGISTRY_EXAMPLE', 'a'), undefined],
  ['registry.example.evil.test', login('REGISTRY_EXAMPLE', 'a'), undefined],
  ['registry.example', { KANIKO_REGISTRY_EXAMPLE_USER: 'a' }, undefined],
])('kaniko’s variables for %s: %j', async (registry, env, expected) => {
  await using world = fakeWorld({ env });
  expect(await ask(environmentCredentials(), registry, world)).toBe(expected);
});

const job = {
  CI_REGISTRY: 'registry.gitlab.example:5050',
  CI_REGISTRY_USER: 'ci-user',
  CI_REGISTRY_PASSWORD: 'ci-password',
  CI_JOB_TOKEN: 'job-token',
  CI_DEPENDENCY_PROXY_SERVER: 'gitlab.example:443',
};

test.each([
  ['registry.gitlab.example:5050', job, 'ci-user:ci-password'],
  ['Registry.gitlab.example:5050', job, 'ci-user:ci-password'],
  ['registry.gitlab.example:5050', { ...job, CI_REGISTRY_PASSWORD: '' }, 'gitlab-ci-token:job-token'],
  ['gitlab.example', job, 'gitlab-ci-token:job-token'],
  ['gitlab.example:443', { ...job, CI_DEPENDENCY_PROXY_USER: 'u', CI_DEPENDENCY_PROXY_PASSWORD: 'p' }, 'u:p'],
  ['registry.gitlab.example', job, undefined],
  ['registry.gitlab.com', job, undefined],
  ['docker.io', job, undefined],
  ['evil.test', { CI_JOB_TOKEN: 'job-token' }, undefined],
  ['evil.test', { ...job, CI_REGISTRY: '', CI_DEPENDENCY_PROXY_SERVER: '' }, undefined],
])('GitLab’s job at %s', async (registry, env, expected) => {
  await using world = fakeWorld({ env });
  expect(await ask(gitlabCredentials(), registry, world)).toBe(expected);
});
