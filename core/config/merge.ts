import type { ConfigIssue } from '../base/problems/config.ts';
import { explain } from './explain.ts';
import type { Values } from './layers.ts';
import type { ConfigKey } from './schema.ts';

/** Values of one layer about one thing. */
export interface Source {
  /** Who says so: `build.config.ts`, `preset acme`, `--platform`. */
  readonly layer: string;
  /** Where in that layer: `defaults`, `images.api`; empty for a flag. */
  readonly section: string;
  readonly values: Values;
}

/** What one layer made of a value. */
export interface Trace {
  readonly layer: string;
  /** `defaults.platforms`; empty for a flag. */
  readonly path: string;
  /** After this layer; `undefined` when it dropped the value. */
  readonly value: unknown;
}

/** Settled values of the keys of `V`; maps of users are `Map`s. */
export interface Merged<V> {
  get<K extends keyof V & string>(key: K): V[K] | undefined;
  readonly values: ReadonlyMap<string, unknown>;
  /** By `platforms` or `args.VERSION`, farthest layer first. */
  readonly traces: ReadonlyMap<string, readonly Trace[]>;
}

/** Lays sources over one another, farthest first, by the rule of each key. */
export function merge<V>(
  keys: Readonly<Record<keyof V & string, ConfigKey>>,
  sources: readonly Source[],
  issues: ConfigIssue[],
): Merged<V> {
  const table: Readonly<Record<string, ConfigKey>> = keys;
  const values = new Map<string, unknown>();
  const traces = new Map<string, Trace[]>();
  for (const { layer, section, values: own } of sources) {
    const trace = (key: string, value: unknown): void => {
      const path = section === '' ? '' : `${section}.${key}`;
      traces.set(key, [...(traces.get(key) ?? []), { layer, path, value }]);
    };
    for (const [key, value] of Object.entries(own)) {
      if (value === undefined) continue;
      const rule = table[key]!.merge;
      if (rule === 'by-key') mergeMap(values, key, value as Readonly<Record<string, unknown>> | null, trace);
      else if (rule === 'by-field') mergeFields(values, key, value as Entries | null, trace);
      else {
        const settled = typeof value === 'function' ? call(value, table[key]!, values.get(key)) : { value };
        if ('issues' in settled) {
          const path = `${section}.${key}`;
          issues.push(...settled.issues.map((issue) => ({ ...issue, path, origin: layer })));
          continue;
        }
        if (settled.value === null) values.delete(key);
        else values.set(key, settled.value);
        trace(key, settled.value ?? undefined);
      }
    }
  }
  return { get: (key) => values.get(key) as V[typeof key] | undefined, values, traces };
}

function mergeMap(
  values: Map<string, unknown>,
  key: string,
  entries: Readonly<Record<string, unknown>> | null,
  trace: (key: string, value: unknown) => void,
): void {
  const inherited = (values.get(key) ?? new Map()) as ReadonlyMap<string, unknown>;
  if (entries === null) {
    values.delete(key);
    for (const name of inherited.keys()) trace(`${key}.${name}`, undefined);
    return;
  }
  const merged = new Map(inherited);
  for (const [name, value] of Object.entries(entries)) {
    if (value === undefined) continue;
    if (value === null) merged.delete(name);
    else merged.set(name, value);
    trace(`${key}.${name}`, value ?? undefined);
  }
  values.set(key, merged);
}

type Entries = Readonly<Record<string, Readonly<Record<string, unknown>> | null | undefined>>;

/** Maps of objects: a nearer layer says more about an entry, field by field. */
function mergeFields(
  values: Map<string, unknown>,
  key: string,
  entries: Entries | null,
  trace: (key: string, value: unknown) => void,
): void {
  const inherited = (values.get(key) ?? new Map()) as ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  const merged = new Map(entries === null ? [] : inherited);
  for (const [name, entry] of Object.entries(
    entries ?? Object.fromEntries([...inherited.keys()].map((it) => [it, null])),
  )) {
    if (entry === undefined) continue;
    if (entry === null) {
      merged.delete(name);
      trace(`${key}.${name}`, undefined);
      continue;
    }
    const fields = { ...merged.get(name) };
    for (const [field, value] of Object.entries(entry)) {
      if (value === undefined) continue;
      if (value === null) delete fields[field];
      else fields[field] = value;
      trace(`${key}.${name}.${field}`, value ?? undefined);
    }
    merged.set(name, fields);
  }
  values.set(key, merged);
}

type Settled = { readonly value: unknown } | { readonly issues: readonly ConfigIssue[] };

/** `(inherited) => [...inherited, 'x']`; a copy goes in, so that nothing inherited can be changed. */
function call(build: Function, key: ConfigKey, inherited: unknown): Settled {
  let value: unknown;
  try {
    value = (build as (inherited: unknown) => unknown)([...((inherited ?? []) as readonly unknown[])]);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { issues: [{ path: '', text: `is a function that failed: ${reason}` }] };
  }
  const checked = key.shape.safeParse(value);
  if (checked.success) return { value };
  const found = explain(checked.error, value);
  return { issues: found.map(({ text }) => ({ path: '', text: `is a function whose result is wrong: it ${text}` })) };
}
