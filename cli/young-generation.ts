import { setFlagsFromString } from 'node:v8';
import type { BuildEvent } from '../core/index.ts';

/**
 * For commands through which bytes flow: streams make garbage by the megabyte, and a young generation that grows with it
 * costs memory and wins no time.
 */
export const keepYoungGenerationSmall = (): void => setFlagsFromString('--semi-space-growth-factor=1');

/**
 * Does so when bytes begin to flow, not before: V8 takes compiled code of other flags for stale, node's own included, so
 * that a command that moves nothing would pay 10 to 30 ms for it.
 */
export function youngGenerationKeeper(): (event: BuildEvent) => void {
  let small = false;
  return (event) => {
    if (small || (event.type !== 'progress' && !(event.type === 'step' && event.state === 'begin'))) return;
    small = true;
    keepYoungGenerationSmall();
  };
}
