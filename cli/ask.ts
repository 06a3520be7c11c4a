import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** Asks whoever sits at the terminal. Gives one line; what is typed to a hidden question is not shown. */
export type Ask = (question: string, options?: { readonly hidden?: boolean }) => Promise<string>;

export function askOn(input: NodeJS.ReadableStream, output: NodeJS.WritableStream, signal: AbortSignal): Ask {
  return async (question, { hidden = false } = {}) => {
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    // readline shows the question again with each key; where nothing is shown, we say it ourselves.
    if (hidden) output.write(question);
    const lines = createInterface({ input, output: hidden ? nowhere : output, terminal: true, historySize: 0 });
    try {
      return await lines.question(hidden ? '' : question, { signal });
    } finally {
      lines.close();
      if (hidden) output.write('\n');
    }
  };
}
