import { problem } from '../base/errors.ts';
import type { ConfigIssue } from '../base/problems/config.ts';
import type { ImageRequest } from '../contract/model.ts';
import { imageRequest, type RequestPlace } from './image-request.ts';
import type { Source } from './merge.ts';
import { refuse, type ResolvedConfig } from './resolve.ts';
import { unknownImage, withNeeded } from './selection.ts';

/** Flags lie over every config. */
export interface RequestFlags {
  /** For all images, those that others stand on included: platforms, build-args. */
  readonly all: readonly Source[];
  /** For the images asked for alone: tags, outputs, target. */
  readonly asked: readonly Source[];
}

const noFlags: RequestFlags = { all: [], asked: [] };

/** The named images as requests, and those they stand on before them; these are built, not published. */
export function settleRequests(
  config: ResolvedConfig,
  names: readonly string[],
  place: RequestPlace,
  flags: RequestFlags = noFlags,
): readonly ImageRequest[] {
  const issues: ConfigIssue[] = [];
  const asked = names.map((name) => {
    if (!config.images.includes(name)) throw unknownImage(name, config.images, config.file);
    return imageRequest(name, config.image(name, [...flags.all, ...flags.asked]), place, issues);
  });
  return finish(config, asked, place, flags, issues);
}

/** A context given by hand: what the config says of every image holds, under a name of its own. */
export function settleContext(
  config: ResolvedConfig,
  name: string,
  place: RequestPlace,
  flags: RequestFlags,
): readonly ImageRequest[] {
  const issues: ConfigIssue[] = [];
  const asked = imageRequest(name, config.image(undefined, [...flags.all, ...flags.asked]), place, issues);
  return finish(config, [asked], place, flags, issues);
}

function finish(
  config: ResolvedConfig,
  asked: readonly ImageRequest[],
  place: RequestPlace,
  flags: RequestFlags,
  issues: ConfigIssue[],
): readonly ImageRequest[] {
  const requests = withNeeded(asked, (name, neededBy) => {
    if (!config.images.includes(name)) {
      const { hint } = unknownImage(name, config.images, config.file);
      issues.push({
        path: `images.${neededBy}.contexts`,
        text: `names image("${name}"), which is not there. ${hint}`,
      });
    }
    return { ...imageRequest(name, config.image(name, flags.all), place, issues), outputs: [] };
  });
  issues.push(...sharedTags(asked));
  refuse(config.file, issues);
  for (const { name, tags, outputs } of asked) {
    const nameless = tags.length === 0 && outputs.some((output) => output.type === 'registry' && !output.names);
    if (nameless) throw problem('PUSH_WITHOUT_NAME', { image: name });
  }
  return requests;
}

/** Two images under one name: whichever came last would be there, and nobody would be told. */
function sharedTags(asked: readonly ImageRequest[]): ConfigIssue[] {
  const owners = new Map<string, string>();
  return asked.flatMap(({ name, tags }) =>
    [...new Set(tags)].flatMap((tag) => {
      const owner = owners.get(tag);
      owners.set(tag, owner ?? name);
      if (owner === undefined) return [];
      return [{ path: `images.${name}.tags`, text: `has "${tag}", and so has the image "${owner}".` }];
    }),
  );
}
