import { realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  definePlugin,
  hostPath,
  problem,
  readIgnoreFile,
  toUtf8,
  type BuildContext,
  type HostPath,
  type PlannedStep,
  type World,
} from '../../core/index.ts';
import { measure } from './measure.ts';

/** Opens directories of this machine: every path, and `dir://`. Says when a COPY takes in what hardly anybody wants. */
export const localContext = definePlugin(() => {
  /** Contexts of the builds that are on, by what they were asked for with. */
  const opened = new WeakMap<World, Map<string, HostPath>>();
  return {
    name: 'local-context',
    contexts: [
      {
        schemes: ['file'],
        async open({ location }, world) {
          const context = await openDirectory(location, world);
          const known = opened.get(world) ?? new Map<string, HostPath>();
          opened.set(world, known.set(location, context.root));
          return context;
        },
      },
    ],
    apply({ beforeStep }) {
      beforeStep.tapPromise('local-context', async (step, { world }) => {
        for (const [location, root] of opened.get(world) ?? []) await remark(step, location, root, world);
      });
    },
  };
});

async function openDirectory(location: string, world: World): Promise<BuildContext> {
  const path = resolve(world.cwd, location.replace(/^dir:\/\//i, ''));
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) throw problem('CONTEXT_NOT_FOUND', { path: location });
  const label = location === '.' ? 'the context' : `the context ${location}`;
  return { root: hostPath(await realpath(path)), label, async [Symbol.asyncDispose]() {} };
}

/** Bytes from which on a notice is worth it. */
const large = 200 * 1024 * 1024;

const usuallyUnwanted = ['.git', 'node_modules'];

/** Looked at only when a step is carried out anyway: a build that changes nothing reads nothing for it. */
async function remark(step: PlannedStep, location: string, root: HostPath, world: World): Promise<void> {
  const { action } = step;
  if (action.kind !== 'copy' || action.origin.kind !== 'context' || !action.origin.context.startsWith(`${location} `))
    return;
  const ignore = await readIgnoreFile(root, undefined);
  for (const { pattern } of action.sources) {
    const folder = toUtf8(pattern)
      .replace(/^\/+|\/+$/g, '')
      .replace(/^\.$|^\*$/, '');
    for (const name of usuallyUnwanted) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (ignore?.matcher.ignores(path)) continue;
      const size = await measure(join(root, path), large);
      if (size < large) continue;
      world.report({
        type: 'notice',
        level: 'warning',
        code: 'CONTEXT_LARGE',
        message: `${step.title} takes in ${path}, more than ${large / 1024 / 1024} MB.`,
        hint: `If the image does not need it, write ${name} into .dockerignore.`,
        at: step.at,
      });
    }
  }
}
