/** A path as instructions for Windows write it, with slashes and without its drive; elsewhere nothing changes. */
export const unixPath = (path: string, os: string): string =>
  os === 'windows' ? path.replace(/^[cC]:/, '').replaceAll('\\', '/') : path;

/** As the image's system spells it. */
export const systemPath = (path: string, os: string): string => (os === 'windows' ? path.replaceAll('/', '\\') : path);
