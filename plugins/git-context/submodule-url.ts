/** `../lib.git` beside `https://host/team/app.git` is `https://host/team/lib.git`; what is no relative path stays. */
export function resolveUrl(url: string, parent: string): string {
  if (!/^\.\.?(?:\/|$)/.test(url)) return url;
  const [, start = '', path = ''] = /^([a-z][a-z0-9+.-]*:\/\/[^/]*|[^/:]+:)(.*)$/is.exec(parent) ?? [];
  const absolute = path.startsWith('/');
  const parts = path.split('/').filter((part) => part !== '');
  for (const part of url.split('/')) {
    if (part === '..') {
      // Above the root of the server there is nothing.
      if (parts.pop() === undefined) return url;
    } else if (part !== '.' && part !== '') parts.push(part);
  }
  return `${start}${absolute ? '/' : ''}${parts.join('/')}`;
}
