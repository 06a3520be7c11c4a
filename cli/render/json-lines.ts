import { TextDecoder } from 'node:util';
import { placeOf, type BuildEvent } from '../../core/index.ts';
import type { Renderer } from './reporter.ts';

/** One JSON object a line, for programs: events as they are, output as text, places as `Dockerfile:7`. */
export function jsonRenderer(write: (text: string) => void, now: () => number = () => performance.now()): Renderer {
  const begun = now();
  const decoders = new Map<string, TextDecoder>();
  const plain = (event: BuildEvent): object => {
    if (event.type === 'output') {
      const { chunk, ...rest } = event;
      const key = `${event.step} ${event.stream}`;
      const decoder = decoders.get(key) ?? new TextDecoder();
      decoders.set(key, decoder);
      return { ...rest, text: decoder.decode(chunk, { stream: true }) };
    }
    if (event.type === 'notice') {
      const { at, ...rest } = event;
      return { ...rest, ...(at && { at: placeOf(at) }) };
    }
    return event;
  };
  return {
    report: (event) => write(`${JSON.stringify({ ms_since_start: Math.round(now() - begun), ...plain(event) })}\n`),
    close() {},
  };
}
