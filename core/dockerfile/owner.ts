import { problem } from '../base/errors.ts';
import type { Span } from '../base/source-text.ts';

export interface OwnerSpec {
  /** Name or number. */
  readonly user: string;
  readonly group?: string;
}

/** Cuts `user[:group]` of USER and `--chown`, once expanded; who they are is found out where the passwd file is. */
export function parseOwner(text: string, at?: Span): OwnerSpec {
  const cut = text.indexOf(':');
  const user = cut === -1 ? text : text.slice(0, cut);
  const group = cut === -1 ? '' : text.slice(cut + 1);
  const reason = user === '' ? 'the user is missing' : group.includes(':') ? 'it holds more than one colon' : undefined;
  if (reason) throw problem('OWNER_INVALID', { spec: text, reason }, at ? { at } : {});
  return group === '' ? { user } : { user, group };
}
