import { digestOf } from '../base/digest.ts';
import { Secret } from '../base/secret.ts';
import type { ResolvedImage } from '../contract/model.ts';
import type { World } from '../contract/world.ts';
import { prehookKey, type Keyed } from '../caching/key.ts';
import type { Pairs } from '../oci/image.ts';
import { printPlatform } from '../oci/platform.ts';
import { digestFiles, findFiles } from '../rootfs/find-files.ts';
import type { SourceTree } from '../rootfs/source-tree.ts';
import { argvOf } from './carry-out.ts';
import { redactor } from '../base/redactor.ts';
import { secretsOf } from '../planning/prehook-facts.ts';
import type { PrehookTask } from './task.ts';

/**
 * What a prehook's outputs depend on: the content of its inputs (less what it writes itself), the command, its own
 * environment, the image. Nothing of the machine but its platform; of secrets their names. `undefined`: it says nothing
 * of its inputs, so it has no key.
 */
export async function askedOf(
  task: PrehookTask,
  tree: SourceTree,
  image: ResolvedImage | undefined,
  world: World,
  onUnmatched: (pattern: string) => void = () => {},
): Promise<Keyed | undefined> {
  const { hook, inputs, outputs } = task;
  if (!inputs) return undefined;
  const { entries, unmatched } = findFiles(tree, inputs, outputs);
  unmatched.forEach(onUnmatched);
  const platform = image ? image.config.platform : world.host;
  return prehookKey([
    ['platform', printPlatform(platform)],
    ...(image ? [['image', image.digest] as const] : []),
    ...actionOf(task),
    ...hook.env
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]): Pairs[number] =>
        value instanceof Secret ? [`secret ${name}`, ''] : [`env ${name}`, value],
      ),
    ['cwd', hook.cwd],
    ['inputs', await digestFiles(tree, entries)],
    ['outputs', JSON.stringify(hook.outputs)],
  ]);
}

function actionOf({ hook }: PrehookTask): Pairs {
  if (hook.kind === 'command') return [['argv', redactor(secretsOf(hook)).text(JSON.stringify(argvOf(hook)))]];
  return [
    ['function', digestOf(hook.run.toString())],
    ['version', hook.version],
  ];
}

/** Most likely a slip; but files may come and go. */
export function noticeUnmatched({ title, hook, request }: PrehookTask, pattern: string, world: World): void {
  const cwd = hook.cwd === '' ? '' : ` (seen from ${hook.cwd})`;
  world.report({
    type: 'notice',
    level: 'warning',
    code: 'PREBUILD_INPUT_MISSING',
    message: `${title}: the input "${pattern}"${cwd} of ${request.name} names nothing that is there.`,
  });
}
