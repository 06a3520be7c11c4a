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
  // The registry itself would have it.
  await expect(scene().ask(() => new TypeError('a bug'))).rejects.toThrow('a bug');
});

test('what the build is aborted in is no failure of a mirror', async () => {
  const { ask, asked, notices, world } = scene();
  world.abort(new Error('enough'));
  await expect(ask(refused)).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
  expect(asked).toEqual(['m.example/app']);
  expect(notices()).toEqual([]);
});

test('wrong bytes of a mirror are had from the next place', async () => {
  const descriptor = { mediaType: 'x', digest: digestOf('right'), size: 5 };
  const { pulls, notices } = scene();
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
  expect(await despiteMirrors(read)).toBe('right');
  expect(asked).toEqual(['m.example/app', 'r.example/app']);
  expect(notices()).toEqual(['MIRROR_FAILED']);
  const other = scene().pulls;
  const wrong = async (): Promise<void> => {
    for await (const _ of other.verified(bytesOf('wrong'), { ...origin, isMirror: true }, descriptor, 0));
  };
  await expect(wrong()).rejects.toMatchObject({
    code: 'MIRROR_WRONG',
    facts: { actual: digestOf('wrong') },
  });
});

test('mirrors that are wrong without end are told, and other failures at once', async () => {
  let tries = 0;
  const failing = (error: Error) =>
    despiteMirrors(() => {
      tries += 1;
      return Promise.reject(tries > 100 ? new Error('without end') : error);
    });
  const facts = { mirror: 'm.example/app', expected: digestOf('right'), actual: digestOf('wrong') };
  await expect(failing(problem('MIRROR_WRONG', facts))).rejects.toMatchObject({ code: 'MIRROR_WRONG' });
  expect(tries).toBe(17);
  await expect(failing(refused())).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' });
  expect(tries).toBe(18);
});

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
