import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '../../core/base/digest.ts';
import type { BaseQuery } from '../../core/contract/hooks.ts';
import type { ContextId, ImageRequest, ResolvedImage } from '../../core/contract/model.ts';
import { parseDockerfile } from '../../core/dockerfile/index.ts';
import { emptyRuntimeConfig, type Pairs, type Platform, type RuntimeConfig } from '../../core/oci/image.ts';
import { parsePlatform } from '../../core/oci/platform.ts';
import type { PlanContext, PlanImage, PlanInput } from '../../core/planning/input.ts';
import { planImages, queryKey } from '../../core/planning/plan.ts';
import type { BuildPlan } from '../../core/contract/model.ts';

/** One image of a case; `app` where a case has one only. */
export interface CaseImage {
  /** A file of the case's folder; absent: `Dockerfile`. */
  readonly dockerfile?: string;
  readonly target?: string;
  readonly platforms?: readonly string[];
  readonly args?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly contexts?: readonly PlanContext[];
  readonly noCache?: boolean | readonly string[];
}

export interface PlanCase extends CaseImage {
  /** The rule that the case is about. */
  readonly why: string;
  readonly images?: Readonly<Record<string, CaseImage>>;
  /** What images say about themselves, by the text they are asked for; others are a plain one with a PATH and a CMD. */
  readonly bases?: Readonly<
    Record<string, Partial<RuntimeConfig> & { readonly author?: string; readonly platform?: string }>
  >;
  readonly pluginKeys?: readonly string[];
  readonly proxies?: Pairs;
  readonly sourceDateEpoch?: number;
}

export const context = (name: string): PlanContext => ({ name, kind: 'context', id: `id of ${name}` as ContextId });

const host: Platform = { os: 'linux', architecture: 'amd64' };
/** A base that asks for images of its own in triggers takes one round more for each. */
const mostRounds = 5;

/** Plans as the phase does: looks up what is needed, then asks again. */
export function runCase(
  given: PlanCase,
  read: (file: string) => string,
): { readonly rounds: readonly (readonly BaseQuery[])[]; readonly plan: BuildPlan } {
  const images = Object.entries(given.images ?? { app: given }).map(([name, image]) => imageOf(name, image, read));
  const bases = new Map<string, ResolvedImage>();
  const rounds: (readonly BaseQuery[])[] = [];
  while (rounds.length < mostRounds) {
    const input: PlanInput = {
      images,
      bases,
      host,
      pluginKeys: given.pluginKeys ?? [],
      proxies: given.proxies ?? [],
      ...(given.sourceDateEpoch !== undefined && { sourceDateEpoch: given.sourceDateEpoch }),
    };
    const planned = planImages(input);
    if (planned.kind === 'plan') return { rounds, plan: planned.plan };
    rounds.push(planned.bases);
    for (const query of planned.bases) bases.set(queryKey(query), resolved(query, given.bases ?? {}));
  }
  throw new Error(`still asking after ${mostRounds} rounds`);
}

export const fileOf =
  (folder: string) =>
  (file: string): string =>
    readFileSync(join(folder, file), 'utf8');

function imageOf(name: string, image: CaseImage, read: (file: string) => string): PlanImage {
  const file = image.dockerfile ?? 'Dockerfile';
  const platforms = (image.platforms ?? []).map((text) => parsePlatform(text));
  const request: ImageRequest = {
    name,
    context: '.',
    ...(image.target !== undefined && { target: image.target }),
    platforms,
    args: Object.entries(image.args ?? {}),
    labels: Object.entries(image.labels ?? {}),
    annotations: [],
    tags: [],
    outputs: [],
    contexts: [],
    prebuild: [],
    noCache: image.noCache ?? false,
  };
  return {
    request,
    dockerfile: parseDockerfile({ name: file, text: read(file) }),
    platforms: platforms.length > 0 ? platforms : [host],
    context: `main of ${name}` as ContextId,
    contextLabel: '.',
    contexts: image.contexts ?? [],
  };
}

function resolved({ text, platform }: BaseQuery, known: NonNullable<PlanCase['bases']>): ResolvedImage {
  const { author, platform: other, ...config } = known[text] ?? { env: [['PATH', '/bin']], cmd: ['sh'] };
  return {
    reference: text,
    digest: digestOf(`${text} ${platform.architecture}`),
    config: {
      platform: other === undefined ? platform : parsePlatform(other),
      ...(author !== undefined && { author }),
      config: { ...emptyRuntimeConfig, ...config },
      diffIds: [],
      history: [],
    },
    layers: [],
    open: () => {
      throw new Error('planning opens nothing');
    },
  };
}
