import { toUtf8 } from '../base/bytes.ts';
import type { Json } from '../base/canonical-json.ts';
import { proxyLogins } from '../base/proxy-logins.ts';
import { redactor } from '../base/redactor.ts';
import { placeOf, type Span } from '../base/source-text.ts';
import type { Job } from '../contract/job.ts';
import type { BuildPlan, CopyAction, PlannedBase, PlannedStage, PlannedStep, StepAction } from '../contract/model.ts';
import type { Pairs } from '../oci/image.ts';
import { printPlatform } from '../oci/platform.ts';
import { prehookFacts } from './prehook-facts.ts';

/** A plan as data for other programs: places as `file:line`, images by name and digest, file contents as text. */
export const planJson = (plan: BuildPlan): Json => ({
  images: plan.images.map(({ request, platform, stage }) => ({
    name: request.name,
    platform: printPlatform(platform),
    stage,
    tags: request.tags,
    prebuild: request.prebuild.map((hook) => ({ ...prehookFacts(hook) })),
  })),
  stages: plan.stages.map(stageJson),
  warnings: plan.warnings.map(({ rule, message, at }) => ({ rule, message, at: place(at) })),
});

const place = (at: Span | undefined): string | undefined => at && placeOf(at);

const stageJson = (stage: PlannedStage): Json => ({
  id: stage.id,
  label: stage.label,
  platform: printPlatform(stage.platform),
  base: baseJson(stage.base),
  steps: stage.steps.map(stepJson),
  config: { ...stage.config, healthcheck: stage.config.healthcheck && { ...stage.config.healthcheck } },
  author: stage.author,
  at: place(stage.at),
});

function baseJson(base: PlannedBase): Json {
  if (base.kind !== 'image') return { ...base };
  return { kind: 'image', reference: base.image.reference, digest: base.image.digest };
}

const stepJson = (step: PlannedStep): Json => ({
  id: step.id,
  title: step.title,
  action: actionJson(step.action),
  history: { ...step.history },
  asked: step.asked,
  noCache: step.noCache,
  at: place(step.at),
});

function actionJson(action: StepAction): Json {
  if (action.kind === 'workdir') return { kind: 'workdir', path: toUtf8(action.path), owner: action.owner };
  if (action.kind === 'copy') return copyJson(action);
  return action.kind === 'run' ? { kind: 'run', ...jobJson(action.job) } : { kind: 'config' };
}

const jobJson = (job: Job): { readonly [name: string]: Json } => ({
  argv: job.argv,
  env: withoutLogins(job.env),
  cwd: toUtf8(job.cwd),
  user: job.user,
  hostname: job.hostname,
  network: job.network,
  platform: printPlatform(job.platform),
  files: job.files.map(({ path, content, mode }) => ({ path: toUtf8(path), content, mode })),
});

/** The way out of the machine is told, not the login that goes with it. */
function withoutLogins(env: Pairs): Pairs {
  const { text } = redactor(proxyLogins(env));
  return env.map(([name, value]) => [name, text(value)]);
}

function copyJson(action: CopyAction): Json {
  const { origin } = action;
  return {
    kind: 'copy',
    from:
      origin.kind === 'image'
        ? { kind: 'image', reference: origin.image.reference, digest: origin.image.digest }
        : { ...origin },
    sources: action.sources.map(({ pattern }) => toUtf8(pattern)),
    inline: action.inline.map(({ name, content }) => ({
      name: toUtf8(name),
      content: Buffer.from(content).toString('utf8'),
    })),
    destination: toUtf8(action.destination),
    intoDirectory: action.intoDirectory,
    owner: action.owner,
    mode: action.mode,
    link: action.link,
    unpack: action.unpack,
  };
}
