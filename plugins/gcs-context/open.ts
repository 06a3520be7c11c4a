import type { BuildContext, ContextRequest, World } from '../../core/index.ts';
import { secretPlace } from '../shared/ask-json.ts';
import { pauseAfter } from '../shared/cloud-access.ts';
import { contextFromObject } from '../shared/object-context.ts';
import { findAccess, nobody } from './access.ts';
import { parseGcsLocation, textOf } from './location.ts';
import { gcsObject } from './object.ts';
import type { GcsSettings } from './options.ts';

const usualEndpoint = 'https://storage.googleapis.com';

/** Opens `gs://…`. */
export async function openGcs(request: ContextRequest, settings: GcsSettings, world: World): Promise<BuildContext> {
  const location = parseGcsLocation(request.location);
  const emulator = settings.endpoint === undefined ? emulatorOf(world.env['STORAGE_EMULATOR_HOST']) : undefined;
  const endpoint = emulator ?? secretPlace(settings.endpoint ?? usualEndpoint).href.replace(/\/+$/, '');
  // An emulator knows nobody, and must not be told a real token.
  const access = emulator === undefined ? await findAccess(settings, world) : nobody;
  const { userProject, parallel, limits } = settings;
  const place = gcsObject({ location, what: textOf(location), endpoint, access, userProject }, world);
  return contextFromObject(place, { parallel, limits, delayFor: pauseAfter }, request, world);
}

/** `http://127.0.0.1:9023`, or without the scheme, as Go's client takes it. */
const emulatorOf = (text: string | undefined): string | undefined =>
  text ? (/^https?:\/\//i.test(text) ? text : `http://${text}`).replace(/\/+$/, '') : undefined;
