import { expect, test } from 'vitest';
import type { RegistryAccess } from '../../../core/contract/registry-access.ts';
import { parsePlace, placeText, pullPlaces } from '../../../core/registry/places.ts';

const places = (origin: string, entries: Readonly<Record<string, RegistryAccess>>): string[] =>
  pullPlaces(parsePlace(origin), new Map(Object.entries(entries))).map(
    (place) => placeText(place) + (place.isMirror ? ' (mirror)' : ''),
  );

const hub = { 'docker.io': { mirrors: ['a.example/hub', 'b.example:5000/'] } };

test.each<[string, string, Readonly<Record<string, RegistryAccess>>, string[]]>([
  ['without mirrors there is one place', 'docker.io/library/debian', {}, ['docker.io/library/debian']],
  [
    'mirrors in their order with their paths, the registry last',
    'docker.io/library/debian',
    hub,
    ['a.example/hub/library/debian (mirror)', 'b.example:5000/library/debian (mirror)', 'docker.io/library/debian'],
  ],
  ['of another registry they are none', 'quay.io/x/y', hub, ['quay.io/x/y']],
  [
    'without fallback the last mirror is the last place',
    'docker.io/a/b',
    { ...hub, '*': { fallback: false } },
    ['a.example/hub/a/b (mirror)', 'b.example:5000/a/b'],
  ],
  ['without mirrors there is nothing to fall back from', 'quay.io/x/y', { '*': { fallback: false } }, ['quay.io/x/y']],
  [
    'its own word on that counts before the general one',
    'docker.io/a/b',
    { 'docker.io': { mirrors: ['m.example'], fallback: true }, '*': { fallback: false } },
    ['m.example/a/b (mirror)', 'docker.io/a/b'],
  ],
  [
    'a part of a registry has mirrors of its own, put in place of that part',
    'r.example/team/sub/app',
    { 'r.example': { mirrors: ['all.example'] }, 'r.example/team': { mirrors: ['near.example/ours'] } },
    ['near.example/ours/sub/app (mirror)', 'r.example/team/sub/app'],
  ],
  [
    'a part ends at a slash',
    'r.example/teams/app',
    { 'r.example/team': { mirrors: ['near.example'] } },
    ['r.example/teams/app'],
  ],
  [
    'no mirrors for a part, where its registry has some',
    'r.example/team/app',
    { 'r.example': { mirrors: ['all.example'] }, 'r.example/team': { mirrors: [] } },
    ['r.example/team/app'],
  ],
])('%s', (_, origin, entries, expected) => {
  expect(places(origin, entries)).toEqual(expected);
});
