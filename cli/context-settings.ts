import { isRemote, splitFields } from '../core/index.ts';
import type { Invocation } from './command.ts';
import { usageProblem } from './usage.ts';

type Settings = Readonly<Record<string, string | true>>;
type Group = 'git' | 'http';

export interface ContextSettings {
  /** Of the main context. */
  readonly main: Readonly<Record<Group, Settings>>;
  /** Named contexts: their place alone, or with what `--git context=NAME,…` says of them. */
  readonly named: Readonly<Record<string, unknown>>;
}

/** What `--git` and `--http` say, by the context they say it of. */
export function contextSettings(invocation: Invocation, places: Readonly<Record<string, string>>): ContextSettings {
  const main: Record<Group, Settings> = { git: {}, http: {} };
  const named = new Map<string, Record<string, unknown>>();
  for (const group of ['git', 'http'] as const) {
    for (const text of invocation.list(group)) {
      const { context, ...settings } = settingsOf(invocation, group, text);
      if (context === undefined) main[group] = { ...main[group], ...settings };
      else if (typeof context !== 'string' || !Object.hasOwn(places, context))
        throw usageProblem(
          invocation,
          `--${group} speaks of the context "${context}": add --build-context ${context}=…`,
        );
      else {
        const known = named.get(context) ?? { location: places[context] };
        named.set(context, { ...known, [group]: { ...(known[group] as Settings | undefined), ...settings } });
      }
    }
  }
  refuseUnheard(invocation, main);
  return { main, named: { ...places, ...Object.fromEntries(named) } };
}

/** `branch=main,recurse-submodules` with names as configs have them. */
function settingsOf(invocation: Invocation, group: Group, text: string): Record<string, string | true> {
  const fields = splitFields(text);
  if (!fields) throw usageProblem(invocation, `--${group} "${text}" has a quote that is not closed.`);
  return Object.fromEntries(
    fields
      .filter((field) => field.trim() !== '')
      .map((field): [string, string | true] => {
        const cut = field.indexOf('=');
        const name = (cut === -1 ? field : field.slice(0, cut)).trim();
        const key = name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
        return [key, cut === -1 ? true : field.slice(cut + 1)];
      }),
  );
}

/** Sources that are told nothing by these flags; what other plugins open may be. */
const untold = /^(?:-$|(?:tar|s3|gs):)/i;

function refuseUnheard(invocation: Invocation, main: ContextSettings['main']): void {
  const [context = ''] = invocation.words;
  const isFolder = /^(?:[./]|dir:|file:)/i.test(context) && !isRemote(context);
  for (const group of ['git', 'http'] as const) {
    if (Object.keys(main[group]).length === 0) continue;
    if (isFolder)
      throw usageProblem(invocation, `--${group} is for contexts that are fetched, and ${context} is a path.`);
    if (untold.test(context)) throw usageProblem(invocation, `--${group} has nothing to say to ${context}.`);
  }
}
