import { problem } from '../../base/errors.ts';
import {
  parseExpose,
  parseSignal,
  type Command,
  type CommandInstruction,
  type HealthcheckInstruction,
  type LineInstruction,
  type OnbuildInstruction,
  type PairsInstruction,
  type ShellInstruction,
  type WordsInstruction,
} from '../../dockerfile/index.ts';
import { expand, expandPairs, expandToWords, remark } from '../expand.ts';
import type { RuntimeConfig } from '../../oci/image.ts';
import { goDuration, goList, goQuotedList } from '../go-format.ts';
import { withItems, withPair } from '../pairs.ts';
import { placeIn, type StageDraft } from '../stage-draft.ts';
import { addNote } from './variables.ts';

export function planLabel(draft: StageDraft, it: PairsInstruction): void {
  const pairs = expandPairs(draft, it);
  for (const [key, value] of pairs)
    draft.config = { ...draft.config, labels: withPair(draft.config.labels, key, value) };
  addNote(draft, it, ['LABEL', ...pairs.map(([key, value]) => `${key}=${value}`)].join(' '));
}

export function planUser(draft: StageDraft, it: LineInstruction): void {
  const user = expand(draft, it, it.value);
  draft.config = { ...draft.config, user };
  addNote(draft, it, `USER ${user}`);
}

export function planVolume(draft: StageDraft, it: WordsInstruction): void {
  const paths = it.words.map((word) => {
    const path = expand(draft, it, word);
    if (path === '') throw problem('VOLUME_EMPTY', {}, { at: placeIn(draft, word.span) });
    return path;
  });
  draft.config = { ...draft.config, volumes: withItems(draft.config.volumes, paths) };
  addNote(draft, it, `VOLUME ${goList(paths)}`);
}

export function planExpose(draft: StageDraft, it: WordsInstruction): void {
  const ports = it.words.flatMap((word) => {
    const texts = expandToWords(draft, it, word);
    for (const text of texts) remarkOnPort(draft, it, text);
    return parseExpose(texts, placeIn(draft, word.span));
  });
  draft.config = { ...draft.config, exposedPorts: withItems(draft.config.exposedPorts, ports) };
  addNote(draft, it, `EXPOSE ${goList(ports)}`);
}

/** An image holds neither addresses nor host ports, and protocols in lower case. */
function remarkOnPort(draft: StageDraft, it: WordsInstruction, text: string): void {
  const [, protocol = ''] = text.split('/');
  if (text.includes(':')) {
    const message = `EXPOSE instruction should not define an IP address or host-port mapping, found '${text}'`;
    remark(draft, it, 'ExposeInvalidFormat', message);
  }
  if (protocol !== protocol.toLowerCase()) {
    const message = `Defined protocol '${protocol}' in EXPOSE instruction should be lowercase`;
    remark(draft, it, 'ExposeProtoCasing', message);
  }
}

export function planStopSignal(draft: StageDraft, it: LineInstruction): void {
  const stopSignal = expand(draft, it, it.value);
  parseSignal(stopSignal, placeIn(draft, it.value.span));
  draft.config = { ...draft.config, stopSignal };
  addNote(draft, it, `STOPSIGNAL ${stopSignal}`);
}

export function planMaintainer(draft: StageDraft, it: LineInstruction): void {
  draft.author = it.value.text;
  addNote(draft, it, `MAINTAINER ${it.value.text}`);
}

export function planShell(draft: StageDraft, it: ShellInstruction): void {
  draft.config = { ...draft.config, shell: it.argv };
  addNote(draft, it, `SHELL ${goList(it.argv)}`);
}

export function planCmd(draft: StageDraft, it: CommandInstruction): void {
  const cmd = argvOf(draft, it.command);
  draft.cmdSet = true;
  // BuildKit says so of every CMD; only Windows looks at it.
  draft.config = { ...withList(draft.config, 'cmd', cmd), argsEscaped: true };
  addNote(draft, it, `CMD ${goQuotedList(cmd)}`);
}

/** A CMD that the base brought belongs to the base's ENTRYPOINT; one of this stage stays, whichever came first. */
export function planEntrypoint(draft: StageDraft, it: CommandInstruction): void {
  const entrypoint = argvOf(draft, it.command);
  draft.config = withList(draft.config, 'entrypoint', entrypoint);
  if (!draft.cmdSet) draft.config = withList(draft.config, 'cmd', []);
  addNote(draft, it, `ENTRYPOINT ${goQuotedList(entrypoint)}`);
}

/** An empty list is none: an image config does not tell them apart. */
function withList(config: RuntimeConfig, name: 'cmd' | 'entrypoint', list: readonly string[]): RuntimeConfig {
  const { [name]: _, ...rest } = config;
  return list.length > 0 ? { ...rest, [name]: list } : rest;
}

/** The exec form as it is, the shell form behind the SHELL in force. */
export const argvOf = (draft: StageDraft, command: Command): readonly string[] =>
  command.form === 'exec' ? command.argv : [...shellOf(draft), command.script];

export function shellOf(draft: StageDraft): readonly string[] {
  const { shell } = draft.config;
  if (shell && shell.length > 0) return shell;
  return draft.platform.os === 'windows' ? ['cmd', '/S', '/C'] : ['/bin/sh', '-c'];
}

/** Replaces what the base had as a whole, as BuildKit does: a 0 leaves the choice to whoever runs the container. */
export function planHealthcheck(draft: StageDraft, it: HealthcheckInstruction): void {
  const { interval = 0, timeout = 0, startPeriod = 0, startInterval = 0, retries = 0 } = it;
  const test = healthTest(it.command);
  draft.config = {
    ...draft.config,
    healthcheck: {
      test,
      ...(interval && { interval }),
      ...(timeout && { timeout }),
      ...(startPeriod && { startPeriod }),
      ...(startInterval && { startInterval }),
      ...(retries && { retries }),
    },
  };
  const fields = [
    `Test:${goList(test)}`,
    `Interval:${goDuration(interval)}`,
    `Timeout:${goDuration(timeout)}`,
    `StartPeriod:${goDuration(startPeriod)}`,
    `StartInterval:${goDuration(startInterval)}`,
    `Retries:${retries}`,
  ];
  addNote(draft, it, `HEALTHCHECK {${fields.join(' ')}}`);
}

/** The SHELL is not put in: whoever runs the container takes it from the config. */
const healthTest = (command: Command | undefined): readonly string[] =>
  !command ? ['NONE'] : command.form === 'exec' ? ['CMD', ...command.argv] : ['CMD-SHELL', command.script];

/** Stored for children; a trigger is no step and leaves no history, as in BuildKit. */
export function planOnbuild(draft: StageDraft, it: OnbuildInstruction): void {
  draft.config = { ...draft.config, onBuild: [...draft.config.onBuild, it.triggerText] };
}
