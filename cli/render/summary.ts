import type { BuildResult, HookTiming, Published } from '../../core/index.ts';
import { topOf } from '../metadata.ts';
import type { Outcome } from './reporter.ts';
import type { Style } from './style.ts';
import { bytesText, countText, timeText } from './units.ts';

/** What a build gave: digest, size, what was reused, where the image is and how to get it. */
export function summaryText({ results, ms }: Outcome, kind: 'full' | 'quiet', style: Style): string {
  if (kind === 'quiet') return results.map((result) => `${topOf(result).digest}\n`).join('');
  return results.map((result) => imageText(result, ms, style)).join('');
}

function imageText(result: BuildResult, ms: number, style: Style): string {
  const { image, finished, published, reused, performed } = result;
  const platforms = finished.platforms.length === 1 ? '' : ` for ${countText(finished.platforms.length, 'platform')}`;
  const layers = finished.platforms.flatMap((built) => built.layers);
  const unique = new Map(layers.map(({ descriptor }) => [descriptor.digest, descriptor.size]));
  const size = [...unique.values()].reduce((sum, one) => sum + one, 0);
  const lines = [
    `${style.green('✓')} ${style.bold(image)}  ${topOf(result).digest}`,
    `  ${bytesText(size)} in ${countText(unique.size, 'layer')}${platforms}, ${stepsText(reused, performed)}, ${timeText(ms)}`,
    ...published.map((place) => `  ${placeText(place)}`),
    ...useText(published).map((line) => `  ${style.dim(line)}`),
  ];
  return `${lines.join('\n')}\n`;
}

function stepsText(reused: number, performed: number): string {
  if (reused + performed === 0) return 'no steps';
  if (performed === 0) return `${countText(reused, 'step')} reused`;
  return `${countText(performed, 'step')} run, ${reused} reused`;
}

/** Locations that are no registry's: `store:whoami:latest`, `oci:/tmp/out`, `oci-archive:/tmp/out.tar`. */
const local = /^(?:store|oci|oci-archive|docker-archive|local|tar):/;

function placeText({ location, digest }: Published): string {
  if (location.startsWith('store:')) return `kept as ${location.slice(6)}`;
  return local.test(location) ? `written to ${location}` : `pushed ${location}@${digest}`;
}

/** Ready to paste. */
function useText(published: readonly Published[]): string[] {
  const stored = published.find(({ location }) => location.startsWith('store:'));
  const pushed = published.find(({ location }) => !local.test(location));
  return [
    ...(pushed ? [`docker pull ${pushed.location}`] : []),
    ...(stored && !pushed ? [`strake run ${stored.location.slice(6).replace(/:latest$/, '')}`] : []),
  ];
}

/** With `--debug`: what plugins took. */
export const timingsText = (timings: readonly HookTiming[]): string =>
  timings.map(({ plugin, hook, calls, ms }) => `${plugin} ${hook}: ${calls} × ${timeText(ms / calls)}\n`).join('');
