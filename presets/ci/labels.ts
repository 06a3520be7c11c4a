import type { CiFacts } from './facts.ts';

/**
 * Where an image comes from, by the names of the OCI image specification. `created` is the commit's time: the same
 * commit built again is the same image.
 */
export function originOf(facts: CiFacts, version: string | undefined): Readonly<Record<string, string>> {
  const { url, commit, committed } = facts;
  const known = { source: url, url, revision: commit, version, created: committed && utc(committed) };
  return Object.fromEntries(
    Object.entries(known).flatMap(([name, value]) =>
      value === undefined ? [] : [[`org.opencontainers.image.${name}`, value]],
    ),
  );
}

/** RFC 3339 without fractions, as images have it; `undefined` for what is no time. */
function utc(time: string): string | undefined {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().replace(/\.\d+Z$/, 'Z');
}
