import type { ArgInstruction, Instruction, PairsInstruction } from '../../dockerfile/index.ts';
import { expand, expandPairs, remark } from '../expand.ts';
import { withPair } from '../pairs.ts';
import { addStep, type StageDraft } from '../stage-draft.ts';
import { isSilentArg } from '../variables.ts';

/** ENV: all words see the variables as they were before it. */
export function planEnv(draft: StageDraft, it: PairsInstruction): void {
  const pairs = expandPairs(draft, it);
  for (const [key, value] of pairs) {
    checkSecretName(draft, it, 'ENV', key);
    draft.variables.set(key, value);
    draft.config = { ...draft.config, env: withPair(draft.config.env, key, value) };
  }
  addNote(draft, it, ['ENV', ...pairs.map(([key, value]) => `${key}=${value}`)].join(' '));
}

/**
 * ARG: a build arg beats the default, the default a global of the name. What it sets beats an ENV above it and is
 * beaten by an ENV below it. Unlike in ENV, a default sees the args to its left.
 */
export function planArg(draft: StageDraft, it: ArgInstruction): void {
  const shown: string[] = [];
  for (const arg of it.args) {
    checkSecretName(draft, it, 'ARG', arg.name);
    const value =
      draft.scope.buildArgs.get(arg.name) ??
      (arg.value ? expand(draft, it, arg.value) : draft.scope.globals.get(arg.name));
    if (value !== undefined && !isSilentArg(arg.name)) draft.variables.set(arg.name, value);
    draft.args.set(arg.name, value);
    if (draft.trigger) draft.scope.triggerArgs.add(arg.name);
    shown.push(value === undefined ? arg.name : `${arg.name}=${value}`);
  }
  addNote(draft, it, `ARG ${shown.join(' ')}`);
}

/** A step that changes nothing but what the image says about itself. */
export function addNote(draft: StageDraft, it: Instruction, createdBy: string): void {
  const title = draft.titles.plain(it.title, draft.trigger);
  addStep(draft, it, { action: { kind: 'config' }, createdBy, asked: [], title });
}

const secretWord = /(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/i;
const harmless = /(?:_|^)(?:public|file|version)(?:_|$)/i;

function checkSecretName(
  draft: StageDraft,
  it: PairsInstruction | ArgInstruction,
  keyword: string,
  name: string,
): void {
  if (!secretWord.test(name) || harmless.test(name)) return;
  const message = `Do not use ARG or ENV instructions for sensitive data (${keyword} "${name}")`;
  remark(draft, it, 'SecretsUsedInArgOrEnv', message);
}
