/** The machine that was measured on. */
import { readFile } from 'node:fs/promises';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { run } from '../test/support/process.ts';

export interface Machine {
  readonly system: string;
  readonly kernel: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Where the stores were. */
  readonly fileSystem: string;
  /** One, five, fifteen minutes before the first run. */
  readonly load: readonly number[];
}

export async function machineFacts(scratch: string): Promise<Machine> {
  const [system, fileSystem] = await Promise.all([
    readFile('/etc/os-release', 'utf8').catch(() => ''),
    run(['findmnt', '--noheadings', '--output', 'FSTYPE', '--target', scratch]),
  ]);
  return {
    system: /^PRETTY_NAME="?(.*?)"?$/m.exec(system)?.[1] ?? process.platform,
    kernel: release(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    fileSystem: fileSystem.stdout.trim(),
    load: loadavg().map((value) => Number(value.toFixed(2))),
  };
}
