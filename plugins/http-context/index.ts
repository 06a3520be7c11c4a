import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import {
  definePlugin,
  pluginOptions,
  shownLocation,
  type BuildContext,
  type ContextRequest,
  type Digest,
  type HttpResponse,
  type Json,
  type World,
} from '../../core/index.ts';
import { limitsOf, limitsShape, type ArchiveLimits } from '../shared/archive-limits.ts';
import { contextFromArchive, type SentContext } from '../shared/unpack-context.ts';
import { ask, shown } from './ask.ts';
import { download, sizeOf } from './download.ts';
import { problem } from './problems.ts';
import { readAccess, type HttpAccess } from './settings.ts';
import { asJson, isKnown, unlessSame, validatorsOf, type Validators } from './validators.ts';

export interface HttpContextOptions {
  /** How far an archive may go. */
  readonly limits?: Partial<ArchiveLimits>;
}

const shape = z.strictObject({ limits: limitsShape });

/** Opens archives and Dockerfiles on web servers. What did not change is not downloaded again. */
export const httpContext = definePlugin((options: HttpContextOptions = {}) => {
  const limits = limitsOf(pluginOptions(shape, options, 'http-context').limits);
  return {
    name: 'http-context',
    contexts: [
      {
        schemes: ['https', 'http'],
        takes: isFile,
        open: (request, world) => openFile(request, limits, world),
      },
    ],
  };
});

/** All but repositories: those end with `.git`, name a version behind `#`, or come with options of git. */
const isFile = ({ location, options = [] }: ContextRequest): boolean =>
  !/\.git\/?(?:[?#]|$)/i.test(location) &&
  !location.includes('#') &&
  !options.some(([name]) => name.startsWith('git.'));

async function openFile(request: ContextRequest, limits: ArchiveLimits, world: World): Promise<BuildContext> {
  const access = await readAccess(request, world);
  return contextFromArchive(
    {
      label: `the context ${shownLocation(access.url.href)}`,
      key: keyOf(access.url),
      limits,
      send: (known) => send(access, known, world),
    },
    request,
    world,
  );
}

/** Parts of a query that say who asks, and until when, not for what. */
const passing = /sig|token|secret|password|credential|expires|policy|^x-(?:amz|goog)-|accesskey|accessid/i;

function keyOf(url: URL): string {
  const lasting = new URL(url);
  const names = [...lasting.searchParams.keys()].filter((name) => passing.test(name));
  for (const name of names) lasting.searchParams.delete(name);
  return lasting.href;
}

async function send(access: HttpAccess, known: Json | undefined, world: World): Promise<SentContext | 'unchanged'> {
  const before = known as Validators | undefined;
  const { checksum } = access;
  // Bytes that must be these, and are: nobody needs to be asked.
  if (checksum !== undefined && before?.digest === checksum) return 'unchanged';
  const unless = before && checksum === undefined ? unlessSame(before) : {};
  const accepts = Object.keys(unless).length > 0 ? [200, 304] : [200];
  const response = await ask(access, { headers: unless, accepts }, world);
  if (response.status === 304) {
    await response.discard();
    return 'unchanged';
  }
  return received(response, access, world);
}

function received(response: HttpResponse, access: HttpAccess, world: World): SentContext {
  const { checksum } = access;
  const validators: Validators = { ...validatorsOf(response), ...(checksum !== undefined && { digest: checksum }) };
  const bytes = download(response, access, world);
  const size = sizeOf(response);
  return {
    bytes: checksum === undefined ? bytes : verified(bytes, checksum, access),
    lent: true,
    vouched: checksum !== undefined,
    ...(size !== undefined && { size }),
    ...(isKnown(validators) && { facts: () => asJson(validators) }),
    ...(validators.etag !== undefined && { revision: validators.etag.replace(/^W\//, '').replaceAll('"', '') }),
  };
}

/** Ends with a problem where the bytes do not have their checksum. */
async function* verified(
  bytes: AsyncIterable<Uint8Array>,
  expected: Digest,
  access: HttpAccess,
): AsyncGenerator<Uint8Array, void> {
  const hash = createHash('sha256');
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual !== expected) throw problem('CHECKSUM', { url: shown(access), expected, actual });
}
