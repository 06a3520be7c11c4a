import { advise, BuildError, locate, problem } from '../base/errors.ts';
import { callMoment } from '../contract/install.ts';
import type { BuildContext, BuildPlan, ContextPlace, ResolvedImage } from '../contract/model.ts';
import type { Workshop } from '../contract/workshop.ts';
import { planImages, queryKey, type PlanInput } from '../planning/plan.ts';
import { nameAdvice } from './name-advice.ts';
import type { ParsedRequest } from './parse-dockerfiles.ts';
import { proxiesOf } from './proxies.ts';
import { readIgnoreFile } from './read-ignore-file.ts';
import { shownLocation } from './context-location.ts';
import { resolveBase } from './resolve-base.ts';
import type { OpenContexts } from './resolve-contexts.ts';

/** Bases may bring ONBUILD triggers that name further images, which are bases only of triggers: two rounds as a rule. */
const mostRounds = 20;

/** Looks up what the plan stands on, in parallel, then settles everything that will happen. */
export async function planBuild(
  parsed: readonly ParsedRequest[],
  contexts: OpenContexts,
  workshop: Workshop,
): Promise<BuildPlan> {
  const images = await Promise.all(parsed.map((one) => describe(one, contexts, workshop)));
  const bases = new Map<string, ResolvedImage>();
  for (let round = 0; round < mostRounds; round++) {
    const input: PlanInput = {
      images,
      bases,
      host: workshop.world.host,
      pluginKeys: workshop.settings.pluginKeys,
      proxies: proxiesOf(workshop.world),
      ...epochOf(workshop),
    };
    const outcome = planImages(input);
    if (outcome.kind === 'plan') return announce(outcome.plan, workshop);
    await Promise.all(
      outcome.bases.map(async (base) => {
        try {
          bases.set(queryKey(base), await resolveBase(base, workshop));
        } catch (error) {
          throw advise(locate(error, base.at ? { at: base.at } : {}), nameAdvice(base, images));
        }
      }),
    );
  }
  throw problem('INTERNAL', { reason: 'Planning asked for base images without end.' });
}

async function describe(
  { request, dockerfile, context }: ParsedRequest,
  contexts: OpenContexts,
  workshop: Workshop,
): Promise<PlanInput['images'][number]> {
  const named = await Promise.all(
    request.contexts.map(async (one): Promise<PlanInput['images'][number]['contexts'][number]> => {
      if (one.kind === 'image') return { name: one.name, kind: 'image', image: one.image };
      if (/^(docker-image|oci-layout):\/\//.test(one.location)) {
        return { name: one.name, kind: 'resolved', text: one.location.replace(/^docker-image:\/\//, '') };
      }
      const opened = await openNamed(one, contexts);
      const ignore = await readIgnoreFile(opened.root, undefined);
      const id = contexts.register({ place: placeOf(one), name: one.name, ignore });
      return { name: one.name, kind: 'context', id };
    }),
  );
  const platforms = request.platforms.length > 0 ? request.platforms : [workshop.world.host];
  return { request, dockerfile, platforms, context, contextLabel: shownLocation(request.context), contexts: named };
}

async function openNamed(one: ContextPlace & { readonly name: string }, contexts: OpenContexts): Promise<BuildContext> {
  try {
    return await contexts.open(placeOf(one), one.name);
  } catch (error) {
    const hint = BuildError.is(error) && error.hint === undefined ? `It is what "${one.name}" stands for.` : undefined;
    throw advise(error, hint);
  }
}

const placeOf = ({ location, subdirectory, options }: ContextPlace): ContextPlace => ({
  location,
  ...(subdirectory !== undefined && { subdirectory }),
  ...(options?.length && { options }),
});

async function announce(plan: BuildPlan, workshop: Workshop): Promise<BuildPlan> {
  for (const warning of plan.warnings) {
    workshop.world.report({
      type: 'notice',
      level: 'warning',
      code: warning.rule,
      message: warning.message,
      ...(warning.at ? { at: warning.at } : {}),
    });
  }
  await callMoment(workshop.hooks.planned, plan, { world: workshop.world });
  return plan;
}

const epochOf = ({ settings }: Workshop) =>
  settings.sourceDateEpoch === undefined ? {} : { sourceDateEpoch: settings.sourceDateEpoch };
