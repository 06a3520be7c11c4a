/** `git@host:path`, `ssh://`, `git://`, and web addresses of a repository; `host/path` alone may be a directory. */
export const isGitUrl = (text: string): boolean =>
  /^(?:git|ssh):\/\//.test(text) ||
  /^[\w.-]+@[\w.-]+:(?!\/\/)./.test(text) ||
  (isWebUrl(text) && pathOf(text).endsWith('.git'));

export const isWebUrl = (text: string): boolean => /^https?:\/\//.test(text);

const pathOf = (url: string): string => url.replace(/[?#].*$/s, '');
