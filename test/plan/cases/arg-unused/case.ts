import type { PlanCase } from '../../plan-case.ts';

export default {
  why: 'A build arg nobody declares is reported with the nearest name; predefined ones are not.',
  args: { VERSOIN: '1', HTTP_PROXY: 'http://proxy', BUILDKIT_INLINE_CACHE: '1', TARGETARCH: 'amd64' },
} satisfies PlanCase;
