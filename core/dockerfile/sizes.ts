const steps = 'kmgtp';

/** `64`, `64k`, `1.5GiB`, in bytes: powers of 1024, as Docker counts memory. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?$/i.exec(text);
  if (!match) return undefined;
  return Math.floor(Number(match[1]) * 1024 ** (steps.indexOf(match[2]!.toLowerCase() || '-') + 1));
}
