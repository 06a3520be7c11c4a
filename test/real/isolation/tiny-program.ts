/** A tiny static program for x86-64, made byte by byte: there is no compiler in a test image. */

type Argument = string | number;

export interface Call {
  readonly number: number;
  readonly args: readonly Argument[];
}

export const call = (number: number, ...args: readonly Argument[]): Call => ({ number, args });

/** Numbers of system calls on x86-64. */
export const syscall = {
  read: 0,
  write: 1,
  open: 2,
  socket: 41,
  bind: 49,
  exit: 60,
  chdir: 80,
  mkdir: 83,
  chroot: 161,
} as const;

const base = 0x400000n;
const headers = 64 + 56;
/** Where what is read goes: behind the text, in memory that only the program header speaks of. */
export const scratch = Number(base) + 0x8000;

/** Makes the calls one after the other; results of `open` go nowhere, so the first file opened has descriptor 3. */
export function program(calls: readonly Call[]): Buffer {
  const strings: Buffer[] = [];
  const code: Buffer[] = [];
  const length = calls.reduce((sum, { args }) => sum + 5 + 2 + args.length * 10, 0);
  let stringsAt = base + BigInt(headers + length);
  // rdi, rsi, rdx: movabs
  const loads = [
    [0x48, 0xbf],
    [0x48, 0xbe],
    [0x48, 0xba],
  ];
  for (const { number, args } of calls) {
    for (const [at, argument] of args.entries()) {
      const value = Buffer.alloc(8);
      if (typeof argument === 'string') {
        value.writeBigUInt64LE(stringsAt);
        const text = Buffer.from(`${argument}\0`);
        strings.push(text);
        stringsAt += BigInt(text.length);
      } else value.writeBigUInt64LE(BigInt(argument));
      code.push(Buffer.from(loads[at]!), value);
    }
    const eax = Buffer.alloc(5);
    eax[0] = 0xb8;
    eax.writeUInt32LE(number, 1);
    code.push(eax, Buffer.from([0x0f, 0x05]));
  }
  const text = Buffer.concat([...code, ...strings]);
  return Buffer.concat([elfHeader(), programHeader(text.length), text]);
}

function elfHeader(): Buffer {
  const head = Buffer.alloc(64);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(head);
  head.writeUInt16LE(2, 16);
  head.writeUInt16LE(62, 18);
  head.writeUInt32LE(1, 20);
  head.writeBigUInt64LE(base + BigInt(headers), 24);
  head.writeBigUInt64LE(64n, 32);
  head.writeUInt16LE(64, 52);
  head.writeUInt16LE(56, 54);
  head.writeUInt16LE(1, 56);
  return head;
}

function programHeader(length: number): Buffer {
  const head = Buffer.alloc(56);
  head.writeUInt32LE(1, 0);
  head.writeUInt32LE(7, 4);
  head.writeBigUInt64LE(base, 16);
  head.writeBigUInt64LE(base, 24);
  head.writeBigUInt64LE(BigInt(headers + length), 32);
  head.writeBigUInt64LE(0x10000n, 40);
  head.writeBigUInt64LE(0x1000n, 48);
  return head;
}

/** The classic way out of a chroot (chroot(2), NOTES), then a look at a file of the machine. */
export function chrootEscape(file: string): Buffer {
  return program([
    call(syscall.mkdir, '/tmp/inner', 0o755),
    call(syscall.chroot, '/tmp/inner'),
    ...Array.from({ length: 64 }, () => call(syscall.chdir, '..')),
    call(syscall.chroot, '.'),
    call(syscall.open, file, 0),
    call(syscall.read, 3, scratch, 100),
    call(syscall.write, 1, scratch, 100),
    call(syscall.exit, 0),
  ]);
}

/** Leaves a socket behind. */
export function socketProgram(path: string): Buffer {
  // struct sockaddr_un: the family, then the path.
  const address = `\u0001\0${path}`;
  return program([
    call(syscall.socket, 1, 1, 0),
    call(syscall.bind, 3, address, 2 + path.length + 1),
    call(syscall.exit, 0),
  ]);
}
