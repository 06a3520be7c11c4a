import { defineProblems, entry } from '../../core/index.ts';

export const problem = defineProblems('docker-credentials', {
  CONFIG_UNREADABLE: entry<{ file: string; reason: string }>({
    title: 'A credentials file cannot be read',
    exit: 2,
    message: ({ file, reason }) => `${file}: ${reason}.`,
    hint: () =>
      'It is written by `docker login` and `strake login`; without any such file registries are asked anonymously.',
  }),
  HELPER_FAILED: entry<{ helper: string; verb: 'get' | 'store' | 'erase'; server: string; reason: string }>({
    title: 'A credential helper failed',
    exit: 1,
    message: ({ helper, verb, server, reason }) => `${helper} ${failures[verb]} ${server}: ${reason}.`,
    hint: ({ helper, server }) =>
      `Try it by hand: echo ${server} | ${helper} get. The helpers in use are listed in docker's config.json.`,
  }),
  CONFIG_NOT_WRITTEN: entry<{ file: string; reason: string }>({
    title: 'A credentials file cannot be written',
    exit: 1,
    message: ({ file, reason }) => `${file}: ${reason}. What was there is as it was.`,
    hint: () => 'DOCKER_CONFIG names another folder for it.',
  }),
  PATH_IN_HELPER: entry<{ helper: string; registry: string; repository: string }>({
    title: 'A credential helper keeps logins of whole registries alone',
    exit: 2,
    message: ({ helper, registry, repository }) =>
      `${helper} keeps the logins here, and would be asked for ${registry}, not for ${registry}/${repository}.`,
    hint: ({ registry }) =>
      `Log in to ${registry} as a whole, or name another file: REGISTRY_AUTH_FILE=auth.json strake login …`,
  }),
});

const failures = {
  get: 'gave no credentials for',
  store: 'did not keep the login of',
  erase: 'did not remove the login of',
} as const;
