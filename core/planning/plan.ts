import { problem } from '../base/errors.ts';
import { placeOf, type Span } from '../base/source-text.ts';
import type { PlannedImage } from '../contract/model.ts';
import type { Platform } from '../oci/image.ts';
import { queryKey, type Planned, type PlanImage, type PlanInput } from './input.ts';
import { printPlatform } from '../oci/platform.ts';
import { remarks } from './remarks.ts';
import type { Planning, StageOutcome } from './scope.ts';
import { planTarget, remarkOnFile } from './targets.ts';

export { queryKey };
export type { PlanInput };

/**
 * Works out everything the images of a run need, as one graph: stages nobody needs are left out, equal ones are one.
 * Pure; where base images are not known yet it says which, and is called again with them.
 */
export function planImages(input: PlanInput): Planned {
  const planning = begin(input);
  const images: PlannedImage[] = [];
  for (const image of input.images)
    for (const platform of image.platforms) {
      const outcome = planning.target(image.request.name, platform);
      if (outcome) images.push({ request: image.request, platform, stage: outcome.stage.id });
    }
  if (planning.needs.size > 0) return { kind: 'needs', bases: [...planning.needs.values()] };
  for (const image of input.images) remarkOnFile(planning, image);
  failOnRemarks(planning);
  return { kind: 'plan', plan: { images, stages: [...planning.stages.values()], warnings: planning.remarks.list() } };
}

function begin(input: PlanInput): Planning {
  const settled = new Map<string, StageOutcome | undefined>();
  /** Images that are being planned, outermost first. */
  const open: string[] = [];
  const planning: Planning = {
    input,
    stages: new Map(),
    needs: new Map(),
    remarks: remarks(),
    target(name: string, platform: Platform, at?: Span) {
      const key = `${printPlatform(platform)} ${name}`;
      if (settled.has(key)) return settled.get(key);
      const where = at ? { at } : {};
      if (open.includes(name))
        throw problem('IMAGES_CIRCULAR', { names: [...open.slice(open.indexOf(name)), name] }, where);
      const image = imageNamed(input, name, where);
      open.push(name);
      const outcome = planTarget(planning, image, platform);
      open.pop();
      settled.set(key, outcome);
      return outcome;
    },
  };
  return planning;
}

function imageNamed(input: PlanInput, name: string, where: { readonly at?: Span }): PlanImage {
  const found = input.images.find(({ request }) => request.name === name);
  if (found) return found;
  throw problem('IMAGE_NOT_IN_RUN', { name, known: input.images.map(({ request }) => request.name) }, where);
}

/** `# check=error=true` makes a failure of what would be a remark. */
function failOnRemarks(planning: Planning): void {
  const failures = planning.remarks.failures();
  const [first] = failures;
  if (!first) return;
  const lines = failures.map(({ rule, message, at }) => `${rule}: ${message}${at ? ` (${placeOf(at)})` : ''}`);
  throw problem('CHECKS_FAILED', { lines }, first.at ? { at: first.at } : {});
}
