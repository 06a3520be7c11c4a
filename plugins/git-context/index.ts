import { definePlugin, type ContextRequest } from '../../core/index.ts';
import { isRepository } from './location.ts';

/** Opens git repositories over https, http, ssh, git and file, with the git program. */
export const gitContext = definePlugin(() => ({
  name: 'git-context',
  contexts: [
    {
      schemes: ['git', 'ssh', 'git+https', 'git+http', 'git+ssh', 'git+git', 'git+file', 'https', 'http'],
      takes: isGit,
      open: async (request, world) => {
        const { openRepository } = await import('./open-repository.ts');
        return openRepository(request, world);
      },
    },
  ],
}));

/** Archives and Dockerfiles are read by http too; settings of git say that this is none. */
function isGit({ scheme, location, options = [] }: ContextRequest): boolean {
  if (scheme !== 'https' && scheme !== 'http') return true;
  return isRepository(location) || options.some(([name]) => name.startsWith('git.'));
}
