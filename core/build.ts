import { unlessLayersLost } from './caching/lost-layers.ts';
import type { BuildResult, ImageRequest } from './contract/model.ts';
import type { Workshop } from './contract/workshop.ts';
import { assembleImages } from './phases/assemble-images.ts';
import { executeStages } from './phases/execute-stages.ts';
import { parseDockerfiles } from './phases/parse-dockerfiles.ts';
import { planBuild } from './phases/plan-build.ts';
import { pushImages } from './phases/push-images.ts';
import { resolveContexts } from './phases/resolve-contexts.ts';

/**
 * The story: Dockerfiles and contexts in, published images out. All images of a call are one graph. Throws BuildError
 * (or BuildErrors) for everything a user can mend; whatever was opened on the way is closed either way.
 */
export async function build(requests: readonly ImageRequest[], workshop: Workshop): Promise<readonly BuildResult[]> {
  await using contexts = await resolveContexts(requests, workshop);
  const dockerfiles = await parseDockerfiles(requests, contexts, workshop);
  const plan = await planBuild(dockerfiles, contexts, workshop);
  return unlessLayersLost(workshop, async (workshop) => {
    const drafts = await executeStages(plan, contexts, workshop);
    const images = await assembleImages(drafts, plan, workshop);
    return pushImages(images, drafts, workshop);
  });
}
