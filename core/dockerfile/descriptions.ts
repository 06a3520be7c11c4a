import type { Comment } from './stretch.ts';

/** The text after the name, of the comment line above FROM or ARG that begins with the name. */
export function descriptionOf(comments: readonly Comment[], names: readonly string[]): string | undefined {
  for (const { text } of comments)
    for (const name of names) if (text.startsWith(`${name} `)) return text.slice(name.length + 1);
  return undefined;
}
