import { defineProblems, entry } from '../../core/index.ts';

export const problem = defineProblems('ecr-credentials', {
  LOGIN_REFUSED: entry<{ registry: string; reason: string; public: boolean }>({
    title: 'AWS gives no login for its registry',
    exit: 1,
    message: ({ registry, reason }) => `${registry}: ${reason}.`,
    hint: ({ public: open }) =>
      open
        ? 'The user or role needs ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken.'
        : 'The user or role needs ecr:GetAuthorizationToken.',
  }),
});
