import { isRemote, nearest, Secret, splitFields, type PrehookSetting, type World } from '../core/index.ts';
import type { Invocation } from './command.ts';
import { usageProblem } from './usage.ts';

const keys = ['inputs', 'outputs', 'env', 'secret-env', 'in', 'cwd', 'shell', 'timeout'] as const;
type Key = (typeof keys)[number];

/** What `--prebuild` adds to the prehooks of the config; what `--prebuild-with` says holds for each of them. */
export function prebuildSettings(invocation: Invocation, world: World): readonly PrehookSetting[] {
  const commands = invocation.list('prebuild');
  const given = new Map<Key, string[]>();
  for (const text of invocation.list('prebuild-with'))
    for (const [key, value] of pairsOf(invocation, text)) given.set(key, [...(given.get(key) ?? []), value]);
  if (given.size > 0 && commands.length === 0)
    throw usageProblem(invocation, '--prebuild-with says how --prebuild runs, and there is none.');
  const one = (key: Key): string | undefined => given.get(key)?.at(-1);
  const [context] = invocation.words;
  // As when typed by hand: where the user stands. A context from elsewhere is a place of its own.
  const cwd = one('cwd') ?? (context !== undefined && isRemote(context) ? undefined : world.cwd);
  const timeout = one('timeout');
  if (timeout !== undefined && !(Number(timeout) > 0))
    throw usageProblem(invocation, `--prebuild-with timeout=${timeout}: it must be a number of seconds.`);
  const shell = one('shell');
  const image = one('in');
  return commands.map((command) => ({
    command,
    env: environment(invocation, given, world),
    ...(given.has('inputs') && { inputs: given.get('inputs')! }),
    ...(given.has('outputs') && { outputs: given.get('outputs')! }),
    ...(cwd !== undefined && { cwd }),
    ...(shell !== undefined && { shell }),
    ...(image !== undefined && { in: image }),
    ...(timeout !== undefined && { timeout: Number(timeout) }),
  }));
}

function pairsOf(invocation: Invocation, text: string): readonly (readonly [Key, string])[] {
  const fields = splitFields(text);
  if (!fields) throw usageProblem(invocation, `--prebuild-with "${text}" has a quote that is not closed.`);
  return fields.map((field) => {
    const cut = field.indexOf('=');
    const key = field.slice(0, cut) as Key;
    if (cut !== -1 && keys.includes(key)) return [key, field.slice(cut + 1)] as const;
    const near = nearest(cut === -1 ? field : key, keys);
    const hint = near === undefined ? `It takes ${keys.join(', ')}.` : `Did you mean "${near}="?`;
    throw usageProblem(invocation, `--prebuild-with does not take "${field}". ${hint}`);
  });
}

/** `NAME=value`, or `NAME` with the value it has here; secrets by name alone. */
function environment(
  invocation: Invocation,
  given: ReadonlyMap<Key, readonly string[]>,
  { env }: World,
): Record<string, string | Secret> {
  const valueHere = (name: string): string => {
    const value = env[name];
    if (value === undefined) throw usageProblem(invocation, `--prebuild-with: ${name} is not in the environment.`);
    return value;
  };
  return Object.fromEntries([
    ...(given.get('env') ?? []).map((pair): [string, string] => {
      const cut = pair.indexOf('=');
      return cut === -1 ? [pair, valueHere(pair)] : [pair.slice(0, cut), pair.slice(cut + 1)];
    }),
    ...(given.get('secret-env') ?? []).map((name): [string, Secret] => [name, new Secret(valueHere(name))]),
  ]);
}
