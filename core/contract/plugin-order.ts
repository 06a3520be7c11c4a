import { problem } from '../base/errors.ts';
import type { Plugin } from './plugin.ts';

const rank = { pre: 0, normal: 1, post: 2 } as const;

/** `enforce` first, then as listed; who has to stand before or after others by name is the one that moves. */
export function orderPlugins(plugins: readonly Plugin[]): readonly Plugin[] {
  const ranked = plugins.toSorted((a, b) => rank[a.enforce ?? 'normal'] - rank[b.enforce ?? 'normal']);
  const placed = new Set<Plugin>();
  const place = (plugin: Plugin, waiting: readonly Plugin[]): void => {
    if (placed.has(plugin)) return;
    if (waiting.includes(plugin)) throw inCircle([...waiting.slice(waiting.indexOf(plugin)), plugin]);
    const first = ranked.filter((other) => names(other.before, plugin) || names(plugin.after, other));
    for (const other of first) place(other, [...waiting, plugin]);
    placed.add(plugin);
  };
  const isFree = (plugin: Plugin): boolean => ranked.every((other) => placed.has(other) || !names(plugin.after, other));
  while (placed.size < ranked.length) {
    const left = ranked.filter((plugin) => !placed.has(plugin));
    place(left.find(isFree) ?? left[0]!, []);
  }
  return [...placed];
}

const names = (list: Plugin['before'], { name }: Plugin): boolean =>
  list !== undefined && (typeof list === 'string' ? list === name : list.includes(name));

const inCircle = (chain: readonly Plugin[]): Error =>
  problem('PLUGINS_IN_CIRCLE', { chain: chain.map(({ name }) => name) });
