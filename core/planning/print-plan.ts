import { toUtf8 } from '../base/bytes.ts';
import { shortDigest } from '../base/digest.ts';
import { placeOf } from '../base/source-text.ts';
import type { Job } from '../contract/job.ts';
import type { Prehook } from '../contract/prehooks.ts';
import type { BuildPlan, CopyAction, PlannedStage, PlannedStep, StageId } from '../contract/model.ts';
import type { Pairs, RuntimeConfig } from '../oci/image.ts';
import { printPlatform } from '../oci/platform.ts';
import { prehookFacts } from './prehook-facts.ts';

/** A plan as text for people: `strake plan` prints it, tests compare it. Stages are numbered in the order of the plan. */
export function printPlan(plan: BuildPlan): string {
  const numbers = new Map(plan.stages.map(({ id }, at) => [id, at + 1]));
  const images = plan.images.flatMap(({ request, platform, stage }) => [
    `${request.name} for ${printPlatform(platform)}: stage ${numbers.get(stage)}`,
    ...request.prebuild.flatMap(prehookLines).map((line) => `  ${line}`),
  ]);
  const warnings = plan.warnings.map(
    ({ rule, message, at }) => `  ${rule}${at ? ` at ${placeOf(at)}` : ''}: ${message}`,
  );
  const blocks = [
    images,
    ...plan.stages.map((stage) => stageLines(stage, numbers)),
    ...(warnings.length > 0 ? [['warnings', ...warnings]] : []),
  ];
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

type Numbers = ReadonlyMap<StageId, number>;

const stageLines = (stage: PlannedStage, numbers: Numbers): readonly string[] => [
  `stage ${numbers.get(stage.id)}: ${stage.label}, ${printPlatform(stage.platform)}, from ${baseText(stage, numbers)}`,
  ...stage.steps.flatMap((step) => stepLines(step, numbers).map((line) => `  ${line}`)),
  ...(stage.author === undefined ? [] : [`  by ${stage.author}`]),
  ...configLines(stage.config).map((line) => `  ${line}`),
];

/** Nothing of it runs for a plan, so nothing is said of what a cache may know. */
function prehookLines(hook: Prehook): readonly string[] {
  const { name, where, timeout, env, inputs, outputs } = prehookFacts(hook);
  return [
    oneLine(`before: ${name}`),
    `  ${where}${timeout === undefined ? '' : `, at most ${timeout} s`}`,
    ...(env.length === 0 ? [] : [`  env ${pairText(env)}`]),
    inputs ? `  inputs ${inputs.join(', ')}` : '  always runs: it names no inputs',
    ...(outputs.length === 0 ? [] : [`  outputs ${outputs.join(', ')}`]),
  ];
}

function baseText({ base }: PlannedStage, numbers: Numbers): string {
  if (base.kind === 'scratch') return 'scratch';
  if (base.kind === 'stage') return `stage ${numbers.get(base.stage)}`;
  return `${base.image.reference} (${shortDigest(base.image.digest)})`;
}

function stepLines(step: PlannedStep, numbers: Numbers): readonly string[] {
  const layer = step.history.emptyLayer ? ', no layer' : '';
  return [
    oneLine(step.title) + (step.noCache ? ' (not looked up)' : ''),
    ...actionLines(step, numbers).map((line) => `  ${line}`),
    `  history${layer}: ${oneLine(step.history.createdBy ?? '')}`,
  ];
}

function actionLines({ action }: PlannedStep, numbers: Numbers): readonly string[] {
  if (action.kind === 'workdir') return [`makes ${toUtf8(action.path)} for ${action.owner || 'root'}`];
  if (action.kind === 'copy') return copyLines(action, numbers);
  return action.kind === 'run' ? runLines(action.job) : [];
}

const runLines = (job: Job): readonly string[] => [
  `runs ${JSON.stringify(job.argv)}`,
  `in ${toUtf8(job.cwd)} as ${job.user || 'root'} on ${job.hostname}, network ${job.network}`,
  ...job.files.map(({ path, content, mode }) => `file ${path} ${mode.toString(8)} ${JSON.stringify(content)}`),
  `env ${pairText(job.env)}`,
];

function copyLines(action: CopyAction, numbers: Numbers): readonly string[] {
  const { origin } = action;
  const from = origin.kind === 'stage' ? `stage ${numbers.get(origin.stage)}` : `${origin.kind} ${origin.label}`;
  const flags = [
    ...(action.owner === undefined ? [] : [`owner ${action.owner}`]),
    ...(action.mode === undefined ? [] : [`mode ${action.mode}`]),
    ...(action.link ? ['linked'] : []),
    ...(action.unpack ? ['unpacked'] : []),
  ];
  const slash = action.intoDirectory && action.destination.length > 1 ? '/' : '';
  return [
    ...(action.sources.length === 0
      ? []
      : [`from ${from}: ${action.sources.map(({ pattern }) => toUtf8(pattern) || '.').join(', ')}`]),
    ...action.inline.map(
      ({ name, content }) => `inline ${toUtf8(name)}: ${JSON.stringify(Buffer.from(content).toString('utf8'))}`,
    ),
    [`to ${toUtf8(action.destination)}${slash}`, ...flags].join(', '),
  ];
}

/** What the config holds, one line a member; members without a value are left out. */
export function configLines(config: RuntimeConfig): readonly string[] {
  const list = (name: string, items: readonly string[] | undefined): readonly string[] =>
    items && items.length > 0 ? [`${name}: ${JSON.stringify(items)}`] : [];
  const text = (name: string, value: string | undefined): readonly string[] => (value ? [`${name}: ${value}`] : []);
  const health = config.healthcheck;
  return [
    ...(config.env.length > 0 ? [`env: ${pairText(config.env)}`] : []),
    ...text('workdir', config.workingDir),
    ...text('user', config.user),
    ...list('entrypoint', config.entrypoint),
    ...list('cmd', config.cmd),
    ...list('shell', config.shell),
    ...list('ports', config.exposedPorts),
    ...list('volumes', config.volumes),
    ...(config.labels.length > 0 ? [`labels: ${pairText(config.labels)}`] : []),
    ...text('stop signal', config.stopSignal),
    ...(health ? [`healthcheck: ${JSON.stringify(health)}`] : []),
    ...list('triggers', config.onBuild),
  ];
}

const pairText = (pairs: Pairs): string => pairs.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(' ');

const oneLine = (text: string): string => text.replaceAll('\n', '\\n');
