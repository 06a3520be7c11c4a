import { defineProblems, entry } from '../../core/index.ts';

export const problem = defineProblems('azure-credentials', {
  EXCHANGE_REFUSED: entry<{ registry: string; who: string; said: string }>({
    title: 'A registry of Azure does not take the identity',
    exit: 1,
    message: ({ registry, who, said }) => `${registry} gave no login to ${who}: ${said}.`,
    hint: () => 'The identity needs the role AcrPull to pull and AcrPush to push, at this registry.',
  }),
});
