import { arch } from 'node:os';

/** Numbers of system calls that are made raw (asm/unistd_64.h, asm-generic/unistd.h). */
export interface SyscallNumbers {
  readonly pivotRoot: number;
  readonly setresuid: number;
  readonly setresgid: number;
  readonly setgroups: number;
  readonly capset: number;
}

const byArch: Readonly<Record<string, SyscallNumbers>> = {
  x64: { pivotRoot: 155, setresuid: 117, setresgid: 119, setgroups: 116, capset: 126 },
  arm64: { pivotRoot: 41, setresuid: 147, setresgid: 149, setgroups: 159, capset: 91 },
};

/** The same on every architecture: calls added since Linux 5.1. */
export const newCalls = {
  moveMount: 429,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
  closeRange: 436,
  mountSetattr: 442,
} as const;

/** `undefined` for an architecture nobody has looked up yet. */
export const syscallNumbers = (): SyscallNumbers | undefined => byArch[arch()];
