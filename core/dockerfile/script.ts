import { markerOf } from './heredoc.ts';
import type { RunInstruction } from './syntax.ts';

/** What a RUN hands over to be run. */
export type ShellScript =
  | { readonly kind: 'exec'; readonly argv: readonly string[] }
  /** One string for the SHELL: the line, and after it the heredocs for the shell to redirect; or a heredoc's body. */
  | { readonly kind: 'shell'; readonly text: string }
  /** A heredoc that begins with `#!`: a file of this name, which the SHELL is told to run. */
  | { readonly kind: 'file'; readonly name: string; readonly content: string };

/** The command of a RUN with its heredocs put where they belong. */
export function shellScript(run: RunInstruction): ShellScript {
  const { command, heredocs } = run;
  if (command.form === 'exec') return { kind: 'exec', argv: command.argv };
  const [first] = heredocs;
  if (!first) return { kind: 'shell', text: command.script };
  if (markerOf(command.script)) {
    const { name, content } = first;
    return content.startsWith('#!') ? { kind: 'file', name, content } : { kind: 'shell', text: content };
  }
  return { kind: 'shell', text: [command.script, ...heredocs.map(({ content, name }) => content + name)].join('\n') };
}
