import type * as z from 'zod/mini';
import { problem } from '../base/errors.ts';
import { explain } from './explain.ts';

/** As much of a zod schema (of `zod` or `zod/mini`, any copy of version 4) as is needed. */
export interface OptionsSchema<Options> {
  safeParse(
    given: unknown,
  ):
    | { readonly success: true; readonly data: Options }
    | { readonly success: false; readonly error: Pick<z.core.$ZodError, 'issues'> };
  /** Of an object: names what can be given. */
  readonly shape?: Readonly<Record<string, unknown>>;
}

/**
 * The options of a plugin or preset as its schema has them, defaults filled in; or one problem with all that is wrong,
 * worded as mistakes of the config are. `owner` is who has the options: the plugin's name.
 */
export function pluginOptions<Options>(schema: OptionsSchema<Options>, given: unknown, owner: string): Options {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const names = Object.keys(schema.shape ?? {});
  const issues = explain(parsed.error, given, ['options'], (path) => (path.length === 1 ? names : []));
  throw problem('OPTIONS_INVALID', { owner, issues }, { plugin: owner });
}
