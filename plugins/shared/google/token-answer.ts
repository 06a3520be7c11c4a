import { Secret, type BuildError, type World } from '../../../core/index.ts';
import { complaintOf, textField, type JsonAnswer } from '../ask-json.ts';
import type { AccessToken } from '../cloud-access.ts';
import { problem } from './problems.ts';

/** Seconds, where an answer does not say. */
const usualLife = 3600;

export interface Asked {
  readonly who: string;
  readonly host: string;
  readonly secrets: readonly Secret[];
}

/** The token of an answer as RFC 6749 5.1 has it. */
export function tokenOf(answer: JsonAnswer, asked: Asked, world: World): AccessToken {
  if (answer.status !== 200) throw refused(answer, asked);
  const token = new Secret(textField(answer, 'access_token', asked.host));
  const seconds = Number(answer.fields['expires_in']);
  return { token, expires: world.now().getTime() + (seconds > 0 ? seconds : usualLife) * 1000 };
}

export const refused = (answer: JsonAnswer, { who, host, secrets }: Asked): BuildError =>
  problem('TOKEN_REFUSED', { who, host, said: complaintOf(answer, secrets) });
