import { realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { hostPath, type HostPath } from '../base/brand.ts';
import { problem } from '../base/errors.ts';
import type { BuildContext } from '../contract/model.ts';

/** The part of an open context that was asked for; links are followed as far as they stay inside. */
export async function narrowContext(context: BuildContext, part: string): Promise<BuildContext> {
  if (part === '') return context;
  try {
    if (context.dockerfile !== undefined) throw missing(context, part, 'dockerfile');
    return { ...own(context), root: await partOf(context, part), label: `${part} of ${context.label}` };
  } catch (error) {
    await context[Symbol.asyncDispose]();
    throw error;
  }
}

/** As an object of its own: a spread takes no methods of classes along. */
const own = (context: BuildContext): BuildContext => ({
  ...context,
  [Symbol.asyncDispose]: () => context[Symbol.asyncDispose](),
});

async function partOf(context: BuildContext, part: string): Promise<HostPath> {
  const root = await realpath(context.root);
  let found: string;
  try {
    found = await realpath(join(root, part));
  } catch (error) {
    throw missing(context, part, 'absent', error);
  }
  if (found !== root && !found.startsWith(root.endsWith(sep) ? root : root + sep))
    throw missing(context, part, 'outside');
  if (!(await stat(found)).isDirectory()) throw missing(context, part, 'file');
  return hostPath(found);
}

const missing = (
  { label }: BuildContext,
  part: string,
  why: 'absent' | 'file' | 'outside' | 'dockerfile',
  cause?: unknown,
) => problem('CONTEXT_PART_MISSING', { part, context: label, why }, {}, { cause });
