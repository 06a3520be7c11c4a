import { BuildError, locate, problem } from '../base/errors.ts';
import type { HookName } from './hooks.ts';
import { hookTable } from './hooks.ts';

/** A tap as tapable keeps it. */
export interface Tap {
  type: 'sync' | 'async' | 'promise';
  fn: (...args: unknown[]) => unknown;
  name: string;
}

export interface RunningTap {
  readonly plugin: string;
  readonly hook: HookName;
  readonly place: string | undefined;
  /** Milliseconds, of `performance.now()`. */
  readonly since: number;
}

export interface HookTiming {
  readonly plugin: string;
  readonly hook: HookName;
  calls: number;
  ms: number;
}

/** What taps are doing: who runs now and how long each has taken so far. */
export interface TapLedger {
  readonly running: Set<RunningTap>;
  readonly timings: Map<string, HookTiming>;
}

/** Makes of any kind of tap one that returns a promise, is timed, and says whose it is when it fails. */
export function guardTap(tap: Tap, plugin: string, hook: HookName, ledger: TapLedger): Tap {
  const place = placeOfTap();
  const run = async (...args: unknown[]): Promise<unknown> => {
    const running: RunningTap = { plugin, hook, place, since: performance.now() };
    ledger.running.add(running);
    try {
      const result = await invoke(tap, args);
      if (hookTable[hook].shape === 'rewrite' && result === undefined)
        throw problem('PLUGIN_GAVE_NOTHING', { plugin, hook, ...(place !== undefined && { place }) }, { plugin });
      return result;
    } catch (error) {
      throw attributed(error, plugin, hook, place);
    } finally {
      ledger.running.delete(running);
      noteTime(ledger, plugin, hook, performance.now() - running.since);
    }
  };
  return { ...tap, type: 'promise', name: plugin, fn: run };
}

function invoke(tap: Tap, args: unknown[]): unknown {
  if (tap.type !== 'async') return tap.fn(...args);
  return new Promise((resolve, reject) => {
    tap.fn(...args, (error?: Error | null, result?: unknown) => {
      if (error) reject(error);
      else resolve(result);
    });
  });
}

/** Problems keep their words and learn their plugin; anything else becomes a PLUGIN_FAILED with the original as cause. */
export function attributed(error: unknown, plugin: string, hook: string, place?: string): unknown {
  if (BuildError.is(error)) return locate(error, { plugin });
  if (error instanceof AggregateError && error.errors.length > 0 && error.errors.every((each) => BuildError.is(each))) {
    for (const each of error.errors) locate(each, { plugin });
    return error;
  }
  // An abort is nobody's failure.
  if (error instanceof Error && error.name === 'AbortError') return error;
  const reason = error instanceof Error ? error.message || error.name : String(error);
  const facts = { plugin, hook, reason, ...(place !== undefined && { place }) };
  return problem('PLUGIN_FAILED', facts, { plugin }, { cause: error });
}

function noteTime(ledger: TapLedger, plugin: string, hook: HookName, ms: number): void {
  const key = `${plugin}\n${hook}`;
  const timing = ledger.timings.get(key) ?? { plugin, hook, calls: 0, ms: 0 };
  timing.calls++;
  timing.ms += ms;
  ledger.timings.set(key, timing);
}

const frame = /\(?((?:file:\/\/)?\/[^()]*?):(\d+):\d+\)?$/;

/** `file:line` of the call of `tap`, `tapAsync` or `tapPromise` that is being registered right now. */
export function placeOfTap(): string | undefined {
  const lines = (new Error('where').stack ?? '').split('\n').slice(1);
  const tapping = lines.findLastIndex((line) => /[\s.](?:_tap|tap|tapAsync|tapPromise) (?:\[as |\()/.test(line));
  const match = frame.exec(lines[tapping + 1] ?? '');
  return match ? `${match[1]!.replace(/^file:\/\//, '').replace(/\?.*$/, '')}:${match[2]}` : undefined;
}
