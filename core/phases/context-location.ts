import type { ContextPlace, ImageRequest } from '../contract/model.ts';

export interface SplitLocation {
  readonly location: string;
  /** Which offer opens it: `-` is `stdin`, `s3://…` is `s3`, `git@host:…` is `ssh`, all else is `file`. */
  readonly scheme: string;
  readonly subdirectory?: string;
}

/** The parts of a location that all sources share: its scheme, and of `https://host/x.tar#:part` the part. */
export function splitLocation(text: string): SplitLocation {
  if (text === '-' || /^tar:\/\/(?:stdin|-)$/.test(text)) return { location: '-', scheme: 'stdin' };
  const [, location = text, subdirectory] = /^([^#]*)#:(.*)$/s.exec(text) ?? [];
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(location)?.[1]?.toLowerCase();
  const isPath = scheme === undefined ? !/^[\w.-]+@[\w.-]+:/.test(location) : ['dir', 'file'].includes(scheme);
  // A path may hold any character.
  if (isPath) return { location: text, scheme: 'file' };
  return { location, scheme: scheme ?? 'ssh', ...(subdirectory !== undefined && { subdirectory }) };
}

/** Is the context a directory of this machine? Then a Dockerfile is named from the current directory. */
export const isLocalContext = (location: string): boolean => splitLocation(location).scheme === 'file';

/** The main context of an image. */
export const mainPlace = (request: ImageRequest): ContextPlace => ({
  location: request.context,
  ...(request.contextSubdirectory !== undefined && { subdirectory: request.contextSubdirectory }),
  ...(request.contextOptions?.length && { options: request.contextOptions }),
});

/** One text for one place: the bare location where nothing else is said. */
export const placeKey = ({ location, subdirectory = '', options = [] }: ContextPlace): string =>
  subdirectory === '' && options.length === 0 ? location : JSON.stringify([location, subdirectory, options]);

/**
 * A location as it may be shown and kept: no user, no password, and of queries only what git and registries say there:
 * the rest may be a signature.
 */
export function shownLocation(location: string): string {
  const [, scheme = '', user = '', rest = location] =
    /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*@)?(.*)$/is.exec(location) ?? [];
  // Users of ssh are names and no secrets; a password has no place there.
  const shownUser = /ssh:/i.test(scheme) ? user.replace(/:.*@/, '@') : '';
  const [, path = rest, query, fragment = ''] = /^([^?#]*)\?([^#]*)(.*)$/s.exec(rest) ?? [];
  if (query === undefined || scheme === '') return `${scheme}${shownUser}${rest}`;
  const pairs = query
    .split('&')
    .map((pair) => (plainKeys.has(pair.split('=')[0]!) ? pair : `${pair.split('=')[0]}=***`));
  return `${scheme}${shownUser}${path}?${pairs.join('&')}${fragment}`;
}

const plainKeys = new Set(['ref', 'branch', 'tag', 'commit', 'checksum', 'subdir', 'keep-git-dir', 'submodules']);
