import { problem } from '../base/errors.ts';
import { nearest } from '../base/suggest.ts';
import { parseBool } from './check-options.ts';
import { parseSize } from './sizes.ts';
import type { MountFlag } from './syntax.ts';

interface FileOwner {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}
/** A `--mount` with all values expanded and checked. Paths are as written: relative targets join WORKDIR. */
export type Mount =
  | {
      readonly type: 'bind';
      readonly target: string;
      readonly source: string;
      readonly from?: string;
      /** Without it writes go to the step's own copy and are thrown away. */
      readonly readonly: boolean;
    }
  | ({
      readonly type: 'cache';
      readonly target: string;
      /** Absent: the cleaned, absolute target. */
      readonly id?: string;
      readonly sharing: 'shared' | 'private' | 'locked';
      readonly source: string;
      readonly from?: string;
      readonly readonly: boolean;
    } & FileOwner)
  | { readonly type: 'tmpfs'; readonly target: string; readonly size?: number }
  | ({
      readonly type: 'secret';
      readonly id: string;
      /** Absent: in the environment only. */
      readonly target?: string;
      readonly env?: string;
      readonly required: boolean;
    } & FileOwner)
  | ({
      readonly type: 'ssh';
      readonly id: string;
      /** Absent: a path of the builder's choice. */
      readonly target?: string;
      readonly required: boolean;
    } & FileOwner);

const sharings = ['shared', 'private', 'locked'] as const;
/** Options that only some types know; the others are taken anywhere, as BuildKit does. */
const onlyFor: Readonly<Record<string, readonly MountFlag['type'][]>> = {
  size: ['tmpfs'],
  required: ['secret', 'ssh'],
  env: ['secret'],
  sharing: ['cache'],
  mode: ['cache', 'secret', 'ssh'],
  uid: ['cache', 'secret', 'ssh'],
  gid: ['cache', 'secret', 'ssh'],
};

/** Expands the values of a mount (but `from` and `type`) and makes of them what its type says. */
export function readMount(flag: MountFlag, expand: (text: string) => string): Mount {
  const options = new Map<string, string>();
  for (const [name, value] of flag.options) {
    if (name === 'type') continue;
    if (onlyFor[name] && !onlyFor[name].includes(flag.type))
      throw invalid(flag, `"${name}" is no option of a mount of type ${flag.type}`);
    options.set(name, name === 'from' ? value : expand(value));
    // The two are one switch, and the later of them counts: `readonly` is asked first.
    if (name === 'readwrite') options.delete('readonly');
  }
  return makers[flag.type](new Options(flag, options));
}

const invalid = (flag: MountFlag, reason: string, near?: string): Error =>
  problem('MOUNT_INVALID', { reason, nearest: near }, { at: flag.span });

/** Typed access to the expanded options of one mount. */
class Options {
  readonly flag: MountFlag;
  readonly #values: ReadonlyMap<string, string>;

  constructor(flag: MountFlag, values: ReadonlyMap<string, string>) {
    this.flag = flag;
    this.#values = values;
  }

  /** Empty counts as not given. */
  text(name: string): string | undefined {
    return this.#values.get(name) || undefined;
  }

  bool(name: string): boolean | undefined {
    const text = this.#values.get(name);
    if (text === undefined) return undefined;
    const value = parseBool(text);
    if (value === undefined) throw invalid(this.flag, `"${name}" is true or false, not "${text}"`);
    return value;
  }

  number(name: string, base: 8 | 10): number | undefined {
    const text = this.#values.get(name);
    if (text === undefined) return undefined;
    const value = (base === 8 ? /^[0-7]+$/ : /^\d+$/).test(text) ? Number.parseInt(text, base) : Number.NaN;
    if (!(value <= (base === 8 ? 0o7777 : 0xff_ff_ff_ff)))
      throw invalid(this.flag, `"${name}" cannot be "${text}", it is ${base === 8 ? 'an octal mode' : 'a number'}`);
    return value;
  }

  owner(): FileOwner {
    const mode = this.number('mode', 8);
    const uid = this.number('uid', 10);
    const gid = this.number('gid', 10);
    return {
      ...(mode !== undefined && { mode }),
      ...(uid !== undefined && { uid }),
      ...(gid !== undefined && { gid }),
    };
  }

  readonly(otherwise: boolean): boolean {
    const writable = this.bool('readwrite');
    return this.bool('readonly') ?? (writable === undefined ? otherwise : !writable);
  }
}

const makers: Readonly<Record<MountFlag['type'], (it: Options) => Mount>> = {
  bind: (it) => ({ type: 'bind', target: it.text('target') ?? '', ...origin(it), readonly: it.readonly(true) }),
  cache(it) {
    const id = it.text('id');
    return {
      type: 'cache',
      target: it.text('target') ?? '',
      ...(id !== undefined && { id }),
      sharing: sharingOf(it),
      ...origin(it),
      readonly: it.readonly(false),
      ...it.owner(),
    };
  },
  tmpfs(it) {
    const text = it.text('size');
    const size = text === undefined ? undefined : parseSize(text);
    if (text !== undefined && size === undefined) throw invalid(it.flag, `"${text}" is no size; write 64m or 1g`);
    return { type: 'tmpfs', target: it.text('target') ?? '', ...(size !== undefined && { size }) };
  },
  secret(it) {
    if (it.text('from')) throw invalid(it.flag, 'a secret comes from outside the build, so it has no "from"');
    if (it.text('source') && it.text('id')) throw invalid(it.flag, '"source" and "id" of a secret are the same thing');
    const env = it.text('env');
    const given = it.text('target');
    const id = it.text('source') ?? it.text('id') ?? (given && baseName(given));
    if (!id) throw invalid(it.flag, 'a secret needs "id" or "target"');
    const target = given ?? (env === undefined ? `/run/secrets/${baseName(id)}` : undefined);
    return {
      type: 'secret',
      id,
      ...(target !== undefined && { target }),
      ...(env !== undefined && { env }),
      required: it.bool('required') ?? false,
      ...it.owner(),
    };
  },
  ssh(it) {
    if (it.text('source')) throw invalid(it.flag, 'an ssh mount has no "source"');
    const target = it.text('target');
    return {
      type: 'ssh',
      id: it.text('id') ?? 'default',
      ...(target !== undefined && { target }),
      required: it.bool('required') ?? false,
      ...it.owner(),
    };
  },
};

function origin(it: Options): { readonly source: string; readonly from?: string } {
  const from = it.text('from');
  return { source: it.text('source') ?? '/', ...(from !== undefined && { from }) };
}

function sharingOf(it: Options): 'shared' | 'private' | 'locked' {
  const text = it.text('sharing');
  const known = sharings.find((sharing) => sharing === (text ?? 'shared').toLowerCase());
  if (!known) throw invalid(it.flag, `"${text}" is no way of sharing a cache`, nearest(text!, sharings));
  return known;
}

const baseName = (path: string): string => path.replace(/\/+$/, '').split('/').at(-1)!;
