/** `12.3 MB`; decimal, as registries and docker count. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  const step = Math.min(units.length, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return `${value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[step - 1]}`;
}

/** `0.4 s`, `12.3 s`, `2 m 05 s` */
export function timeText(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const rest = Math.round(seconds) % 60;
  return `${Math.floor(Math.round(seconds) / 60)} m ${String(rest).padStart(2, '0')} s`;
}

/** `2 layers`, `1 layer` */
export const countText = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const names: Readonly<Record<string, number>> = { b: 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** Bytes of `10GB`, `500m`, `1.5g`, `2GiB`; `undefined` for what is no size. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmgt])?(i?)b?$/i.exec(text.trim());
  if (!match) return undefined;
  const unit = match[2]?.toLowerCase() ?? 'b';
  const factor = match[3] ? 1024 ** 'bkmgt'.indexOf(unit) : names[unit]!;
  return Math.round(Number(match[1]) * factor);
}

/** Milliseconds of `90s`, `15m`, `12h`, `7d`; `undefined` for what is no age. */
export function parseAge(text: string): number | undefined {
  const match = /^(\d+)\s*([smhdw])$/.exec(text.trim());
  if (!match) return undefined;
  const seconds = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }[match[2]!]!;
  return Number(match[1]) * seconds * 1000;
}
