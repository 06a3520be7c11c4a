import { defineProblems, entry } from '../../core/index.ts';

interface At {
  /** The repository as it may be shown. */
  readonly url: string;
}
interface Said extends At {
  /** What git said, without credentials. */
  readonly said: string;
}

const asked = { title: 'The settings of a repository were not understood', exit: 2 } as const;

const input = {
  LOCATION_INVALID: entry<{ reason: string }>({
    title: 'The address of the repository is not valid',
    exit: 2,
    message: ({ reason }) => `The repository cannot be addressed: ${reason}.`,
    hint: () => 'Addresses read https://host/path.git#ref:subdir, ssh://git@host/path.git or git@host:path.git.',
  }),
  SETTING_UNKNOWN: entry<{ name: string; near?: string }>({
    ...asked,
    message: ({ name }) => `There is no setting "${name}" for a repository.`,
    hint: ({ name, near }) =>
      name === 'single-branch'
        ? 'Leave it out: nothing but what is asked for is fetched.'
        : ['token', 'password'].includes(name)
          ? `Secrets are named by the variable that holds them: ${name}-env=VARIABLE.`
          : near === undefined
            ? undefined
            : `Was "${near}" meant?`,
  }),
  SETTING_INVALID: entry<{ name: string; value: string; expected: string }>({
    ...asked,
    message: ({ name, value, expected }) => `${name} is "${value}"; it must be ${expected}.`,
  }),
  SETTING_FOREIGN: entry<{ name: string; group: string }>({
    ...asked,
    message: ({ name, group }) => `${group} ${name} is for other contexts, and this one is a git repository.`,
    hint: ({ name }) => `Say it to git: --git ${name}=…`,
  }),
  SETTINGS_CONTRADICT: entry<{ first: string; second: string; why: string }>({
    title: 'Settings of a repository contradict each other',
    exit: 2,
    message: ({ first, second, why }) => `${first} and ${second} do not go together: ${why}.`,
  }),
  VARIABLE_EMPTY: entry<{ variable: string; setting: string }>({
    title: 'The variable that holds a credential is not set',
    exit: 2,
    message: ({ variable, setting }) => `${setting} names ${variable}, which is not set or empty.`,
  }),
  FILE_MISSING: entry<{ setting: string; path: string }>({
    title: 'A file that a repository needs cannot be read',
    exit: 2,
    message: ({ setting, path }) => `${setting} names ${path}, which cannot be read.`,
  }),
};

const program = {
  GIT_MISSING: entry<{ reason: string }>({
    title: 'The git program is missing',
    exit: 1,
    message: ({ reason }) => `Repositories are read by git, and ${reason}.`,
    hint: () => 'Install git 2.31 or later: apt-get install git, apk add git, dnf install git.',
  }),
  LFS_MISSING: entry<At>({
    title: 'Git LFS is missing',
    exit: 1,
    message: ({ url }) => `The files that Git LFS holds for ${url} are wanted, and there is no git-lfs program.`,
    hint: () => 'Install git-lfs, or leave out the setting lfs: its files are pointers then.',
  }),
};

const access = {
  LOGIN_NEEDED: entry<Said>({
    title: 'The repository wants a login',
    exit: 1,
    message: ({ url, said }) => `${url} is not open to everybody, or is not there: ${said}`,
    hint: () => 'Name the variable that holds a token: --git token-env=GIT_TOKEN (or username=…,password-env=…).',
  }),
  LOGIN_REFUSED: entry<Said & { who: string }>({
    title: 'The repository refused the login',
    exit: 1,
    message: ({ url, who, said }) => `${url} does not let in ${who}: ${said}`,
    hint: () => 'Is it still valid, and may it read this repository?',
  }),
  SSH_REFUSED: entry<Said>({
    title: 'The repository refused the key',
    exit: 1,
    message: ({ url, said }) => `${url}: ${said}`,
    hint: ({ said }) =>
      /UNPROTECTED|bad permissions/i.test(said)
        ? 'ssh takes keys that only their owner can read: chmod 600, or defaultMode: 0400 for a mounted secret.'
        : 'Name the key with --git ssh-key=PATH, or add it to the agent (ssh-add).',
  }),
  HOST_UNKNOWN: entry<Said>({
    title: 'The host key of the repository is not known',
    exit: 1,
    message: ({ url, said }) => `${url}: ${said}`,
    hint: () => 'Name a file with the keys of the host: ssh-keyscan HOST > known_hosts; --git known-hosts=known_hosts.',
  }),
  TLS_REFUSED: entry<Said>({
    title: 'No secure connection to the repository',
    exit: 1,
    message: ({ url, said }) => `${url}: ${said}`,
    hint: ({ said }) =>
      /alert/i.test(said)
        ? 'It may want one of yours: --git cert=PEM-FILE,key=PEM-FILE.'
        : 'Name who signed it: --git ca=PEM-FILE.',
  }),
};

const repository = {
  REPOSITORY_MISSING: entry<Said>({
    title: 'There is no such repository',
    exit: 1,
    message: ({ url, said }) => `${url}: ${said}`,
    hint: () => 'Some servers say so of repositories that the login may not see.',
  }),
  REPOSITORY_EMPTY: entry<At>({
    title: 'The repository has no commit to build from',
    exit: 1,
    message: ({ url }) => `${url} has no default branch, or that branch has no commit.`,
    hint: () => 'Name one: --git branch=NAME.',
  }),
  REF_INVALID: entry<{ name: string }>({
    title: 'This is no name of a branch, tag or ref',
    exit: 2,
    message: ({ name }) => `Git takes no name like "${name}".`,
  }),
  REF_MISSING: entry<At & { kind: string; name: string; near?: string; other?: string }>({
    title: 'The repository has no such branch, tag or ref',
    exit: 2,
    message: ({ url, kind, name }) => `${url} has no ${kind} "${name}".`,
    hint: ({ near, other }) => (other !== undefined ? other : near !== undefined ? `It has "${near}".` : undefined),
  }),
  COMMIT_MISSING: entry<At & { commit: string; why: string }>({
    title: 'The repository has no such commit',
    exit: 2,
    message: ({ url, commit, why }) => `${commit} cannot be had from ${url}: ${why}.`,
    hint: () => 'Was it pushed? Is it still on a branch, or was that rewritten?',
  }),
  COMMIT_DIFFERS: entry<At & { name: string; wanted: string; found: string }>({
    title: 'The repository is at another commit than the one asked for',
    exit: 1,
    message: ({ url, name, wanted, found }) => `${name} of ${url} is at ${found}, and not at ${wanted}.`,
    hint: () => 'It was moved since. If that is right, ask for the new commit.',
  }),
  OWNER_DUBIOUS: entry<At & { path: string }>({
    title: 'The repository belongs to somebody else',
    exit: 1,
    message: ({ url }) => `Git does not read ${url}, as another user owns it.`,
    hint: ({ path }) => `If you trust what is in it: git config --global --add safe.directory '${path}'`,
  }),
  SUBMODULE_REFUSED: entry<At & { path: string; reason: string }>({
    title: 'A submodule is not fetched',
    exit: 1,
    message: ({ url, path, reason }) => `The submodule ${path} of ${url}: ${reason}.`,
    hint: () => 'Without --git recurse-submodules submodules are left out.',
  }),
};

const going = {
  NETWORK: entry<Said>({
    title: 'The repository cannot be reached',
    exit: 1,
    message: ({ url, said }) => `${url}: ${said}`,
  }),
  STALLED: entry<At & { seconds: number }>({
    title: 'The repository stopped answering',
    exit: 1,
    message: ({ url, seconds }) => `Nothing came from ${url} for ${seconds} s.`,
    hint: () => 'How long to wait is a setting: --git timeout=SECONDS.',
  }),
  GIT_FAILED: entry<Said & { what: string }>({
    title: 'Git failed',
    exit: 1,
    message: ({ url, what, said }) => `git ${what} of ${url} failed: ${said}`,
  }),
};

export const problem = defineProblems('git-context', {
  ...input,
  ...program,
  ...access,
  ...repository,
  ...going,
});
