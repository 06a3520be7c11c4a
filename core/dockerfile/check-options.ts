import type { Comment } from './stretch.ts';

export interface CheckOptions {
  readonly skip: readonly string[] | 'all';
  readonly error: boolean;
  readonly experimental: readonly string[] | 'all';
}

/** Go's `strconv.ParseBool`. */
export function parseBool(text: string): boolean | undefined {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
  return /^(?:0|f|F|FALSE|false|False)$/.test(text) ? false : undefined;
}

/**
 * `skip=A,B;error=true;experimental=all`: the value of `# check=` and of the build argument BUILDKIT_DOCKERFILE_CHECK.
 * A string returned is what is wrong with it.
 */
export function parseCheckOptions(text: string): CheckOptions | string {
  let skip: CheckOptions['skip'] = [];
  let experimental: CheckOptions['experimental'] = [];
  let error = false;
  for (const piece of text.trim() === '' ? [] : text.split(';')) {
    const cut = piece.indexOf('=');
    const name = piece.slice(0, Math.max(0, cut)).trim();
    const value = piece.slice(cut + 1).trim();
    if (cut === -1) return `"${piece.trim()}" has no value`;
    if (name === 'skip') skip = rulesOf(value);
    else if (name === 'experimental') experimental = rulesOf(value);
    else if (name === 'error') {
      const parsed = parseBool(value);
      if (parsed === undefined) return `error is true or false, not "${value}"`;
      error = parsed;
    } else return `"${name}" is none of skip, error and experimental`;
  }
  return { skip, error, experimental };
}

const rulesOf = (text: string): readonly string[] | 'all' =>
  text === 'all' ? 'all' : text.split(',').map((rule) => rule.trim());

/** The rules that `# check=skip=…` in the comments above an instruction switches off; `['all']` for all of them. */
export function skippedChecks(comments: readonly Comment[]): readonly string[] | undefined {
  for (const { text } of comments) {
    const match = /^check[\t\f\r ]*=[\t\f\r ]*([^ ]+)/i.exec(text);
    if (!match) continue;
    const options = parseCheckOptions(match[1]!);
    // What cannot be read here is a remark like any other.
    if (typeof options === 'string') return undefined;
    return options.skip === 'all' ? ['all'] : options.skip.length > 0 ? options.skip : undefined;
  }
  return undefined;
}
