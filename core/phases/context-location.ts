/** Which offer opens a context: `-` is `stdin`, `s3://…` is `s3`, `git@host:…` is `ssh`, all else is `file`. */
export function splitLocation(location: string): { readonly scheme: string; readonly subdirectory?: string } {
  if (location === '-') return { scheme: 'stdin' };
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(location)?.[1]?.toLowerCase();
  if (scheme === 'dir') return { scheme: 'file' };
  if (scheme !== undefined) return { scheme };
  return { scheme: /^[\w.-]+@[\w.-]+:/.test(location) ? 'ssh' : 'file' };
}

/** Is the context a directory of this machine? Then a Dockerfile is named from the current directory. */
export const isLocalContext = (location: string): boolean => splitLocation(location).scheme === 'file';
