import type { Dockerfile } from '../dockerfile/index.ts';
import type { Platform } from '../oci/image.ts';
import { labelled } from './foreign-stages.ts';
import { checkDefaultBaseNames } from './from-checks.ts';
import { readFromLines } from './from-lines.ts';
import type { PlanImage } from './input.ts';
import { checkRules } from './remarks.ts';
import type { Planning, StageOutcome, TargetScope } from './scope.ts';
import { targetStage } from './sources.ts';
import { planReachable, planStage } from './stages.ts';
import { checkSyntax } from './syntax-image.ts';
import { buildArgsOf, globalArgs, platformArgs, proxyVariables, unusedBuildArgs } from './variables.ts';

/** The final stage of an image for a platform, with the labels the request puts on it. */
export function planTarget(planning: Planning, image: PlanImage, platform: Platform): StageOutcome | undefined {
  const { dockerfile, request } = image;
  const buildArgs = buildArgsOf(image, planning.input);
  checkSyntax(dockerfile, buildArgs.get('BUILDKIT_SYNTAX'));
  const rules = checkRules(dockerfile, buildArgs.get('BUILDKIT_DOCKERFILE_CHECK'));
  const target = targetStage(request.target, dockerfile.stages);
  const predefined = platformArgs(planning.input.host, platform, request.target ?? target.name, buildArgs);
  const globals = globalArgs(dockerfile, predefined, buildArgs);
  const { remarks } = planning;
  checkDefaultBaseNames(dockerfile, () => globalArgs(dockerfile, predefined, new Map()), { rules, remarks });
  const settled = new Map<number, StageOutcome | undefined>();
  const scope: TargetScope = {
    planning,
    image,
    platform,
    rules,
    buildArgs,
    globals,
    proxies: proxyVariables(planning.input.proxies, buildArgs),
    froms: readFromLines({ image, host: planning.input.host, target: platform, globals, rules, remarks }),
    stage: (index) => {
      if (!settled.has(index)) settled.set(index, planStage(scope, scope.froms[index]!));
      return settled.get(index);
    },
    triggerArgs: new Set(),
  };
  const outcome = planReachable(scope, target.index);
  if (!outcome) return undefined;
  remarkOnArgs(scope, predefined);
  return labelled(planning.stages, outcome, request.labels);
}

const argsOf = ({ globalArgs: globals, stages }: Dockerfile): readonly string[] =>
  [...globals, ...stages.flatMap(({ instructions }) => instructions)].flatMap((it) =>
    it.kind === 'arg' ? it.args.map(({ name }) => name) : [],
  );

/** `--build-arg` reaches all images of a run: it is enough that one declares it. */
const isForAnother = (name: string, images: readonly PlanImage[]): boolean =>
  images.every(({ request }) => request.args.some(([key]) => key === name)) &&
  images.some(({ dockerfile }) => argsOf(dockerfile).includes(name));

/** Build args that nothing reads are slips more often than not. */
function remarkOnArgs(scope: TargetScope, predefined: ReadonlyMap<string, string>): void {
  const declared = new Set([...scope.triggerArgs, ...argsOf(scope.image.dockerfile)]);
  const { images } = scope.planning.input;
  for (const { name, nearest } of unusedBuildArgs(scope.image, predefined, declared)) {
    if (scope.image.request.sharedArgs?.includes(name) || isForAnother(name, images)) continue;
    const whose = images.length > 1 ? ` of ${scope.image.request.name}` : '';
    const message = `Build argument '${name}'${whose} is not declared by any ARG${nearest ? ` (did you mean ${nearest}?)` : ''}`;
    scope.planning.remarks.add('UnusedBuildArg', message, undefined, { ...scope.rules, error: false });
  }
}

/** What the parser had to say. */
export function remarkOnFile(planning: Planning, image: PlanImage): void {
  const buildArgs = buildArgsOf(image, planning.input);
  const rules = checkRules(image.dockerfile, buildArgs.get('BUILDKIT_DOCKERFILE_CHECK'));
  for (const { rule, message, span } of image.dockerfile.warnings) planning.remarks.add(rule, message, span, rules);
}
