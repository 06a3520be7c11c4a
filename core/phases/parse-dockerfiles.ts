import { locate } from '../base/errors.ts';
import { callRewrite } from '../contract/install.ts';
import type { ContextId, ImageRequest } from '../contract/model.ts';
import type { Workshop } from '../contract/workshop.ts';
import { parseDockerfile } from '../dockerfile/parse.ts';
import type { Dockerfile } from '../dockerfile/syntax.ts';
import { contextFiles } from './context-files.ts';
import { mainPlace } from './context-location.ts';
import { readDockerfile } from './read-dockerfile.ts';
import { readIgnoreFile } from './read-ignore-file.ts';
import type { OpenContexts } from './resolve-contexts.ts';

/** An image to build with its Dockerfile as data. */
export interface ParsedRequest {
  readonly request: ImageRequest;
  readonly dockerfile: Dockerfile;
  /** The main context, seen through the image's ignore file. */
  readonly context: ContextId;
}

export function parseDockerfiles(
  requests: readonly ImageRequest[],
  contexts: OpenContexts,
  workshop: Workshop,
): Promise<readonly ParsedRequest[]> {
  return Promise.all(requests.map((request) => parseOne(request, contexts, workshop)));
}

async function parseOne(request: ImageRequest, contexts: OpenContexts, workshop: Workshop): Promise<ParsedRequest> {
  const { world, hooks } = workshop;
  const scope = { world, image: request.name };
  try {
    const place = mainPlace(request);
    const context = await contexts.open(place, 'context');
    const overlays = contexts.overlays(request.name);
    const fileAt = contextFiles(context, overlays);
    const found = await readDockerfile(request, context, world, fileAt);
    const source = await callRewrite(hooks.source, found.source, scope);
    const dockerfile = await callRewrite(hooks.parsed, parseDockerfile(source), scope);
    const ignore = await readIgnoreFile(context.root, found.path, fileAt);
    return { request, dockerfile, context: contexts.register({ place, name: 'context', ignore, overlays }) };
  } catch (error) {
    throw locate(error, { image: request.name, phase: 'parse' });
  }
}
