import type koffi from 'koffi';
import { sysError } from './sys-error.ts';

/** What a function of the C library takes: numbers, and memory that Node owns. */
export type Argument = number | bigint | Uint8Array | null;

/** Calls one function of the C library; throws a SysError where it answers -1. */
export type NativeCall = (what: string, ...args: readonly Argument[]) => number;

type Call = ReturnType<ReturnType<typeof koffi.load>['func']>;

/** The C library of this very process, so that there is no guess about its name or place. */
export interface Native {
  /** `int mount(void*, void*, void*, ulong, void*)` */
  func(prototype: string): NativeCall;
  /** A system call that C libraries have no function for, or one that does more than the kernel's. */
  raw(number: number, parameters: readonly ('long' | 'void*')[]): NativeCall;
}

/** Loads the library that makes C callable. Throws where this platform has no binary of it. */
export async function loadNative(): Promise<Native> {
  const { default: koffi } = await import('koffi');
  const library = koffi.load(null);
  const checked =
    (name: string, call: Call, first: readonly Argument[] = []): NativeCall =>
    (what, ...args) => {
      const result = Number(call(...first, ...args) as number | bigint);
      if (result === -1) throw sysError(koffi.errno(), name, what === '' ? undefined : what);
      return result;
    };
  return {
    func: (prototype) => checked(/(\w+)\s*\(/.exec(prototype)![1]!, library.func(prototype)),
    raw: (number, parameters) =>
      checked(`syscall ${number}`, library.func(`long syscall(${['long', ...parameters].join(', ')})`), [number]),
  };
}

/** Bytes with the NUL that C expects; text is taken as UTF-8. */
export function cString(text: string | Uint8Array): Buffer {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'utf8') : text;
  if (bytes.includes(0)) throw sysError(22, 'path', 'a name with a NUL in it');
  const ended = Buffer.alloc(bytes.length + 1);
  ended.set(bytes);
  return ended;
}

export const shown = (path: string | Uint8Array): string =>
  typeof path === 'string' ? path : Buffer.from(path).toString('utf8');
