import { redactor } from '../base/redactor.ts';
import { Secret } from '../base/secret.ts';
import type { Prehook } from '../contract/prehooks.ts';
import type { Pairs } from '../oci/image.ts';

/** A prehook as a plan shows it: no secret, and no path of this machine but the one it was given. */
export interface PrehookFacts {
  readonly name: string;
  /** `on this machine in .`, `in maven:3 in services/api` */
  readonly where: string;
  /** Seconds. */
  readonly timeout?: number;
  readonly env: Pairs;
  readonly inputs?: readonly string[];
  readonly outputs: readonly string[];
}

export function prehookFacts(hook: Prehook): PrehookFacts {
  const place = hook.kind === 'command' && hook.in !== undefined ? `inside ${hook.in}` : 'on this machine';
  return {
    name: prehookName(hook),
    where: `${place}, in ${hook.cwd === '' ? 'the folder' : hook.cwd}`,
    ...(hook.timeout !== undefined && { timeout: hook.timeout }),
    env: hook.env.map(([name, value]) => [name, value instanceof Secret ? '***' : value]),
    ...(hook.inputs && { inputs: hook.inputs }),
    outputs: hook.outputs,
  };
}

export const secretsOf = ({ env }: Pick<Prehook, 'env'>): readonly Secret[] =>
  env.flatMap(([, value]) => (value instanceof Secret ? [value] : []));

/** The command as people wrote it, should they have put a secret into it. */
export function prehookName(hook: Prehook): string {
  if (hook.kind === 'function') return hook.name;
  const text = typeof hook.command === 'string' ? hook.command : hook.command.join(' ');
  return redactor(secretsOf(hook)).text(text);
}
