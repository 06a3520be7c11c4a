import { setFlagsFromString } from 'node:v8';

/** Milliseconds; what takes no longer has moved few bytes. */
const patience = 300;

/**
 * Streams make garbage by the megabyte, and a young generation that grows with it costs memory and wins no time. It is
 * not said at once: V8 takes compiled code of other flags for stale, node's own included, so that commands that do next
 * to nothing would take 10 to 30 ms longer.
 */
export function keepYoungGenerationSmall(): void {
  setTimeout(() => setFlagsFromString('--semi-space-growth-factor=1'), patience).unref();
}
