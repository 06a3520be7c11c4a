import { expect, test } from 'vitest';
import { digestOf } from '../../../core/base/digest.ts';
import { problem } from '../../../core/base/errors.ts';
import { createMirrors, despiteMirrors } from '../../../core/registry/mirrors.ts';
import { placeText, type Place } from '../../../core/registry/places.ts';
import { testWorld } from './test-world.ts';

const origin = { registry: 'r.example', repository: 'app' };
const down = () => problem('REGISTRY_UNREACHABLE', { registry: 'm.example', what: 'x', reason: 'y' });
const refused = () => problem('REGISTRY_REFUSED', { registry: 'm.example', what: 'x', status: 500, diagnostics: [] });
const missing = () => problem('BLOB_UNKNOWN', { repository: 'app', digest: 'x' });

function scene(mirrors: readonly string[] = ['m.example']) {
  const world = testWorld();
  const asked: string[] = [];
  const pulls = createMirrors(new Map([['r.example', { mirrors }]]), world);
  return {
    world,
    asked,
    pulls,
    /** The mirror fails like this, the registry itself has it. */
    ask: (fail: () => Error | undefined, from: Place = origin) =>
      pulls.first(from, async (place) => {
        asked.push(placeText(place));
        const error = place.registry === 'm.example' ? fail() : undefined;
        if (error) throw error;
        return place.registry === 'm.example' ? undefined : placeText(place);
      }),
    notices: () => world.events.flatMap((event) => (event.type === 'notice' ? [event.code] : [])),
  };
}

test('a mirror that has not got it is passed over without a word, each time anew', async () => {
  const { ask, asked, notices } = scene();
  expect(await ask(() => undefined)).toBe('r.example/app');
  expect(await ask(missing)).toBe('r.example/app');
  expect(asked).toEqual(['m.example/app', 'r.example/app', 'm.example/app', 'r.example/app']);
  expect(notices()).toEqual([]);
});

test('one that cannot be reached is told of once and not asked again for anything', async () => {
  const { ask, asked, notices } = scene();
  await ask(down);
  await ask(down);
  await ask(down, { ...origin, repository: 'other' });
  expect(asked).toEqual(['m.example/app', 'r.example/app', 'r.example/app', 'r.example/other']);
  expect(notices()).toEqual(['MIRROR_FAILED']);
});

test('one that refuses is asked again for other repositories', async () => {
  const { ask, asked, notices } = scene();
  await ask(refused);
  await ask(refused);
  await ask(refused, { ...origin, repository: 'other' });
  expect(asked.filter((place) => place.startsWith('m.'))).toEqual(['m.example/app', 'm.example/other']);
  expect(notices()).toEqual(['MIRROR_FAILED', 'MIRROR_FAILED']);
});

test('the failure of the last place is the failure; what is no problem of ours is never swallowed', async () => {
  const { pulls } = scene();
  await expect(
    pulls.first(origin, () => {
      throw refused();
    }),
  ).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
  await expect(
    scene().pulls.first(origin, () => {
      throw new TypeError('a bug');
    }),
  ).rejects.toThrow('a bug');
});

test('wrong bytes of a mirror are had from the next place', async () => {
  const { pulls, notices } = scene();
  const descriptor = { mediaType: 'x', digest: digestOf('right'), size: 5 };
  const asked: string[] = [];
  const read = async (): Promise<string> => {
    let text = '';
    const open = async (place: Place) => {
      asked.push(placeText(place));
      return pulls.verified(bytesOf(place.isMirror ? 'wrong' : 'right'), place, descriptor, 0);
    };
    for await (const chunk of (await pulls.first(origin, open, descriptor.digest))!) text += Buffer.from(chunk);
    return text;
  };
  await expect(read()).rejects.toMatchObject({ code: 'MIRROR_WRONG', facts: { actual: digestOf('wrong') } });
  expect(await despiteMirrors(read)).toBe('right');
  expect(asked).toEqual(['m.example/app', 'r.example/app']);
  expect(notices()).toEqual(['MIRROR_FAILED']);
});

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
