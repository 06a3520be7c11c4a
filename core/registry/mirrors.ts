import type { Digest } from '../base/brand.ts';
import { meter } from '../base/digest.ts';
import { BuildError, problem } from '../base/errors.ts';
import type { RegistryAccesses } from '../contract/registry-access.ts';
import type { World } from '../contract/world.ts';
import type { Descriptor } from '../oci/image.ts';
import { placeText, pullPlaces, type Place } from './places.ts';

/** Where pulls are answered from: mirrors in their order, then the registry itself. */
export interface Mirrors {
  placesOf(origin: Place): readonly Place[];
  /**
   * The first answer that is one. A mirror that has nothing is passed over; one that fails is told of and not asked
   * again in this build: all of it where it cannot be reached, else this repository. Only the last place's failure is told.
   */
  first<T>(origin: Place, ask: (place: Place) => Promise<T | undefined>, digest?: Digest): Promise<T | undefined>;
  /** The bytes, verified where another place could be asked instead of this one: then `MIRROR_WRONG`. */
  verified(
    bytes: AsyncIterable<Uint8Array>,
    place: Place,
    descriptor: Descriptor,
    offset: number,
  ): AsyncGenerator<Uint8Array, void>;
}

export function createMirrors(
  registries: RegistryAccesses,
  { signal, report }: Pick<World, 'signal' | 'report'>,
): Mirrors {
  /** Hosts, places, and places with a digest that are not asked again. */
  const passedOver = new Set<string>();
  const isPassedOver = (place: Place, digest: Digest | undefined): boolean =>
    place.isMirror === true &&
    [place.registry, placeText(place), `${placeText(place)} ${digest}`].some((it) => passedOver.has(it));
  const passOver = (key: string, place: Place, error: BuildError, origin: Place): void => {
    if (passedOver.has(key)) return;
    passedOver.add(key);
    const message = `The mirror ${placeText(place)} failed; ${placeText(origin)} is had from elsewhere. ${error.message}`;
    report({
      type: 'notice',
      level: 'warning',
      code: 'MIRROR_FAILED',
      message,
      ...(error.hint !== undefined && { hint: error.hint }),
    });
  };
  const placesOf = (origin: Place): readonly Place[] => pullPlaces(origin, registries);

  return {
    placesOf,
    async first(origin, ask, digest) {
      for (const place of placesOf(origin)) {
        if (isPassedOver(place, digest)) continue;
        if (!place.isMirror) return ask(place);
        try {
          const answer = await ask(place);
          if (answer !== undefined) return answer;
        } catch (error) {
          if (signal.aborted || !BuildError.is(error)) throw error;
          if (!absences.has(error.code))
            passOver(unreachable.has(error.code) ? place.registry : placeText(place), place, error, origin);
        }
      }
      return undefined;
    },
    async *verified(bytes, place, descriptor, offset) {
      // From the middle on nothing can be said; the last place's bytes are verified by who reads them.
      if (!place.isMirror || offset > 0) return yield* bytes;
      const counting = meter();
      for await (const chunk of bytes) {
        counting.update(chunk);
        yield chunk;
      }
      const actual = counting.digest();
      if (actual === descriptor.digest) return;
      const error = problem('MIRROR_WRONG', { mirror: placeText(place), expected: descriptor.digest, actual });
      passOver(`${placeText(place)} ${descriptor.digest}`, place, error, place);
      throw error;
    },
  };
}

/** The mirror has not got it, which is no failure. */
const absences = new Set(['BLOB_UNKNOWN', 'REGISTRY_NAME_UNKNOWN', 'MANIFEST_UNKNOWN']);
const unreachable = new Set(['REGISTRY_UNREACHABLE', 'TLS_UNTRUSTED', 'TLS_FAILED', 'PROXY_REFUSED']);

/** Nobody has more mirrors of a registry than this. */
const mostMirrors = 16;

/** Does the work again where a mirror sent wrong bytes: it is not asked a second time for them. */
export async function despiteMirrors<T>(work: () => Promise<T>): Promise<T> {
  for (let wrong = 0; ; wrong++) {
    try {
      return await work();
    } catch (error) {
      if (!BuildError.is(error) || error.code !== 'MIRROR_WRONG' || wrong === mostMirrors) throw error;
    }
  }
}
