/** What is printed of a workload. */
import type { Sample } from './session.ts';
import { spread, spreadText } from './statistics.ts';
import type { Target, Workload } from './workloads.ts';

export interface Verdict {
  readonly what: 'wall' | 'cpu' | 'seconds';
  readonly value: number;
  readonly target: number;
  readonly met: boolean;
}

const megabytes = (bytes: number): number => bytes / 1e6;
const of = (samples: readonly Sample[], pick: (sample: Sample) => number) => spread(samples.map(pick));

/** Wall time is what the targets are about; CPU is held to the same ratio. */
export function verdicts(strake: readonly Sample[], buildah: readonly Sample[], target: Target = {}): Verdict[] {
  const { ratio, seconds } = target;
  const wall = of(strake, (sample) => sample.wall).median;
  const cpu = of(strake, (sample) => sample.cpu).median;
  const against = (what: 'wall' | 'cpu', value: number, peer: number, most: number): Verdict => {
    const quotient = value / peer;
    return { what, value: quotient, target: most, met: quotient <= most };
  };
  return [
    ...(seconds === undefined
      ? []
      : [{ what: 'seconds' as const, value: wall, target: seconds, met: wall <= seconds }]),
    ...(ratio === undefined || buildah.length === 0
      ? []
      : [
          against('wall', wall, of(buildah, (sample) => sample.wall).median, ratio),
          against('cpu', cpu, of(buildah, (sample) => sample.cpu).median, ratio),
        ]),
  ];
}

export function reportLines(
  { id, title, target }: Workload,
  samples: ReadonlyMap<string, readonly Sample[]>,
): string[] {
  const rows = [...samples].map(([name, list]) => row(name, list));
  const [strake = [], buildah = []] = ['strake', 'buildah'].map((name) => samples.get(name) ?? []);
  const paired = strake.length > 0 && buildah.length > 0;
  return [
    `\n${id}: ${title}`,
    cells(['', 'wall s', 'CPU s', 'peak PSS MB', 'pushed MB', 'layers', 'other load']),
    ...rows,
    ...(paired ? [ratioRow(strake, buildah)] : []),
    ...(strake.length > 0 ? verdicts(strake, buildah, target).map(verdictLine) : []),
    ...(paired ? sizeRemark(strake, buildah) : []),
  ];
}

const row = (name: string, samples: readonly Sample[]): string =>
  cells([
    name,
    spreadText(of(samples, (sample) => sample.wall)),
    spreadText(of(samples, (sample) => sample.cpu)),
    of(samples, (sample) => megabytes(sample.memory)).most.toFixed(0),
    of(samples, (sample) => megabytes(sample.pushed)).median.toFixed(1),
    String(samples[0]!.layers),
    spreadText(
      of(samples, (sample) => sample.otherLoad),
      1,
    ),
  ]);

function ratioRow(strake: readonly Sample[], buildah: readonly Sample[]): string {
  const quotient = (pick: (sample: Sample) => number): string =>
    (of(strake, pick).median / of(buildah, pick).median).toFixed(3);
  return cells([
    'ratio',
    quotient(({ wall }) => wall),
    quotient(({ cpu }) => cpu),
    '',
    quotient(({ pushed }) => pushed),
  ]);
}

const verdictLine = ({ what, value, target, met }: Verdict): string =>
  what === 'seconds'
    ? `  target: at most ${target} s; ${value.toFixed(2)} s: ${met ? 'met' : 'NOT MET'}`
    : `  target: at most ${target}× ${what === 'wall' ? 'wall time' : 'CPU'}; ${value.toFixed(3)}×: ${met ? 'met' : 'NOT MET'}`;

/** Speed bought with bigger layers would be no speed. */
function sizeRemark(strake: readonly Sample[], buildah: readonly Sample[]): string[] {
  const quotient = of(strake, ({ pushed }) => pushed).median / of(buildah, ({ pushed }) => pushed).median;
  const difference = Math.abs(quotient - 1) * 100;
  const bytes = of(buildah, ({ pushed }) => pushed).median;
  // Headers alone make up layers of a few kilobytes.
  if (bytes < 1e6 || difference <= 5) return [];
  return [
    `  note: strake’s new layers are ${difference.toFixed(1)} % ${quotient > 1 ? 'larger' : 'smaller'} than buildah’s`,
  ];
}

const widths = [10, 24, 24, 13, 11, 8, 16];
export const cells = (texts: readonly string[]): string =>
  `  ${texts.map((text, at) => text.padEnd(widths[at] ?? 12)).join('')}`.trimEnd();
