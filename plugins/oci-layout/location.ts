import { resolve } from 'node:path';
import { isDigest, type Digest } from '../../core/index.ts';
import { problem } from './problems.ts';

export interface LayoutLocation {
  /** Where the layout lies, absolute. */
  readonly directory: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

/** `oci-layout://dir[:tag][@digest]`; `undefined` where it is something else. A digest beats a tag, as in any reference. */
export function parseLocation(text: string, cwd: string): LayoutLocation | undefined {
  const [, rest] = /^oci-layout:\/\/(.*)$/is.exec(text) ?? [];
  if (rest === undefined) return undefined;
  const [, path = '', tag, digest] = /^(.*?)(?::(\w[\w.-]{0,127}))?(?:@(sha256:[^/@]*))?$/s.exec(rest)!;
  if (path === '' || (digest !== undefined && !isDigest(digest))) throw problem('LOCATION', { text });
  return { directory: resolve(cwd, path), ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}
