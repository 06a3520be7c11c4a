import { problem } from '../base/errors.ts';
import { readJsonForm } from './json-form.ts';
import { readMountFlag } from './mount-flag.ts';
import { flagsOf, refuseFlags, wrongArguments, type Reading } from './statement.ts';
import { isEmpty, spanOf, textOf, type Stretch } from './stretch.ts';
import type { Command, CommandInstruction, RunInstruction, ShellInstruction, Word } from './syntax.ts';

/** Exec form where the arguments are a JSON array of strings, else shell form. */
export function readCommand(args: Stretch, keyword: string): Command {
  const argv = readJsonForm(args, keyword);
  return argv ? { form: 'exec', argv: argv.map(({ text }) => text) } : { form: 'shell', script: textOf(args) };
}

export function readRun(it: Reading): RunInstruction {
  const flags = flagsOf(it, { mount: 'list', network: 'text', security: 'text', device: 'list' });
  const network = flags.text('network');
  const security = flags.text('security');
  oneOf(it, 'network', network, ['default', 'none', 'host']);
  oneOf(it, 'security', security, ['sandbox', 'insecure']);
  const command = readCommand(it.args, it.kind);
  if (command.form === 'exec' && command.argv.length === 0) throw wrongArguments(it, 'a command in its list');
  return {
    kind: 'run',
    ...it.node,
    command,
    heredocs: it.heredocs.map(({ heredoc }) => heredoc),
    mounts: flags.list('mount').map(readMountFlag),
    ...(network && { network }),
    ...(security && { security }),
    devices: flags.list('device').map(({ value }) => value!),
  };
}

function oneOf(it: Reading, flag: string, word: Word | undefined, allowed: readonly string[]): void {
  if (word && !allowed.includes(word.text))
    throw problem('FLAG_VALUE_INVALID', { keyword: it.kind, flag, value: word.text, allowed }, { at: word.span });
}

export function readCmdOrEntrypoint(it: Reading): CommandInstruction {
  refuseFlags(it);
  return { kind: it.kind === 'CMD' ? 'cmd' : 'entrypoint', ...it.node, command: readCommand(it.args, it.kind) };
}

export function readShell(it: Reading): ShellInstruction {
  refuseFlags(it);
  if (isEmpty(it.args)) throw wrongArguments(it, 'a list: ["/bin/sh", "-c"]');
  const command = readCommand(it.args, it.kind);
  if (command.form === 'shell') throw problem('SHELL_NOT_JSON', { text: command.script }, { at: spanOf(it.args) });
  if (command.argv.length === 0) throw wrongArguments(it, 'at least one word in its list');
  return { kind: 'shell', ...it.node, argv: command.argv };
}
