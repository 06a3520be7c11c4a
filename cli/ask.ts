import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** Asks whoever sits at the terminal. Gives one line; what is typed to a hidden question is not shown. */
export type Ask = (question: string, options?: { readonly hidden?: boolean }) => Promise<string>;

export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Ends a question. */
  readonly signal: AbortSignal;
  /** While a question is open Ctrl-C comes as a key. */
  interrupt(): void;
}

export function askOn({ input, output, signal, interrupt }: Terminal): Ask {
  return async (question, { hidden = false } = {}) => {
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    const lines = createInterface({ input, output: hidden ? nowhere : output, terminal: true, historySize: 0 });
    lines.on('SIGINT', interrupt);
    // readline shows the question again with each key; where nothing is shown, we say it ourselves: now that the terminal
    // no longer shows keys by itself, and not before.
    if (hidden) output.write(question);
    try {
      return await lines.question(hidden ? '' : question, { signal });
    } catch (error) {
      if (signal.aborted) throw error;
      // Ctrl-D: there is no answer.
      return '';
    } finally {
      lines.close();
      if (hidden) output.write('\n');
    }
  };
}
