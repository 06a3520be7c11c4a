import { redactor } from '../base/redactor.ts';
import type { Secret } from '../base/secret.ts';
import type { World } from '../contract/world.ts';
import { outputTail } from './output-tail.ts';

type Stream = 'stdout' | 'stderr';

/** What a command prints, as people see it: secrets are `***` in events and in the lines that a failure shows. */
export interface ShownOutput {
  add(stream: Stream, chunk: Uint8Array): void;
  /** When the command has ended: what may have been the beginning of a secret was none. */
  end(): void;
  tail(): string[];
}

export function shownOutput(step: string, secrets: readonly Secret[], world: World): ShownOutput {
  const cleaners = { stdout: redactor(secrets), stderr: redactor(secrets) };
  const tail = outputTail();
  const show = (stream: Stream, chunk: Uint8Array): void => {
    if (chunk.length === 0) return;
    tail.add(chunk);
    world.report({ type: 'output', step, stream, chunk });
  };
  return {
    add: (stream, chunk) => show(stream, cleaners[stream].push(chunk)),
    end() {
      for (const stream of ['stdout', 'stderr'] as const) show(stream, cleaners[stream].rest());
    },
    tail: () => tail.lines(),
  };
}
