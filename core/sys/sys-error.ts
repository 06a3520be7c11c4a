import { constants } from 'node:os';

/** A system call that failed, shaped as Node's own errors are: code handling is the same wherever a call was made. */
export interface SysError extends Error {
  /** `EPERM`; `E123` for a number this system has no name for. */
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  readonly path?: string;
}

const names = new Map<number, string>();
for (const [name, number] of Object.entries(constants.errno)) if (!names.has(number)) names.set(number, name);

export function sysError(errno: number, syscall: string, path?: string): SysError {
  const code = names.get(errno) ?? `E${errno}`;
  const error = new Error(`${code}: ${syscall}${path === undefined ? '' : ` '${path}'`}`);
  return Object.assign(error, { code, errno, syscall, ...(path !== undefined && { path }) });
}

/** The name of what went wrong, for errors of Node and of `sys` alike. */
export const codeOf = (error: unknown): string | undefined => {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
};
