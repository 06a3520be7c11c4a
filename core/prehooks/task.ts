import type { HostPath } from '../base/brand.ts';
import type { BuildContext, ImageRequest } from '../contract/model.ts';
import type { Prehook } from '../contract/prehooks.ts';
import { pathPatterns, type PathPatterns } from '../rootfs/path-patterns.ts';
import { isLocalContext } from '../phases/context-location.ts';
import { prehookName, secretsOf } from '../planning/prehook-facts.ts';

/** A prehook of one image, with all that is settled before anything runs. */
export interface PrehookTask {
  readonly hook: Prehook;
  readonly request: ImageRequest;
  /** For events: unique in the build. */
  readonly id: string;
  /** `[app prebuild 1/2] mvn -q package` */
  readonly title: string;
  /** The command as people wrote it, secrets left out. */
  readonly text: string;
  /** What paths are seen from. */
  readonly folder: HostPath;
  /** The folder is the context's own, which came from elsewhere and is not to be written to. */
  readonly isFetched: boolean;
  readonly inputs?: PathPatterns;
  readonly outputs: PathPatterns;
  /** Prehooks with the same text are one. */
  readonly same: string;
}

/** Everything but what a function is: two functions are never the same. */
export function prehookTask(hook: Prehook, at: number, request: ImageRequest, context: BuildContext): PrehookTask {
  const { name, prebuild } = request;
  const text = prehookName(hook);
  const folder = hook.folder ?? context.root;
  return {
    hook,
    request,
    id: `prebuild:${name}:${at}`,
    title: `[${name} prebuild ${at + 1}/${prebuild.length}] ${text}`,
    text,
    folder,
    isFetched: hook.folder === undefined && !isLocalContext(request.context),
    ...(hook.inputs && { inputs: pathPatterns(hook.inputs, hook.cwd) }),
    outputs: pathPatterns(hook.outputs, hook.cwd),
    same: JSON.stringify([
      folder,
      { ...hook, at: undefined },
      secretsOf(hook).map((secret) => secret.reveal()),
      functionNumber(hook),
    ]),
  };
}

const numbers = new WeakMap<object, number>();
let next = 0;

function functionNumber(hook: Prehook): number | undefined {
  if (hook.kind !== 'function') return undefined;
  const known = numbers.get(hook.run) ?? next++;
  numbers.set(hook.run, known);
  return known;
}
