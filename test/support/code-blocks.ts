import { readFileSync } from 'node:fs';

/** A fenced block of a page; `file` is what stands behind its language. */
export interface CodeBlock {
  readonly language: string;
  readonly file: string;
  /** With a line break at the end. */
  readonly text: string;
}

export const codeBlocks = (path: string): readonly CodeBlock[] =>
  [...readFileSync(path, 'utf8').matchAll(/^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm)].map(([, language, file, text]) => ({
    language: language!,
    file: file!,
    text: text!,
  }));
