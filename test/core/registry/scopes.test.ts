import { expect, test } from 'vitest';
import { covers, scopesOf } from '../../../core/registry/scopes.ts';

const need = { registry: 'r.example', repository: 'team/app', actions: ['pull', 'push'] as const };

test('the scopes of equal needs are equal', () => {
  expect(scopesOf(need)).toEqual(['repository:team/app:pull,push']);
  expect(scopesOf({ ...need, actions: ['push', 'pull'] })).toEqual(scopesOf(need));
});

test('a mount reads the other repository', () => {
  expect(scopesOf({ ...need, mountFrom: ['base/debian'] })).toEqual([
    'repository:base/debian:pull',
    'repository:team/app:pull,push',
  ]);
});

test('what the registry asked for widens the scope', () => {
  expect(scopesOf({ ...need, actions: ['pull'] }, ['repository:team/app:push,delete', 'registry:catalog:*'])).toEqual([
    'registry:catalog:*',
    'repository:team/app:delete,pull,push',
  ]);
});

test('a wider token serves a narrower need', () => {
  const wide = ['repository:a:pull,push', 'repository:b:pull'];
  expect(covers(wide, ['repository:a:pull'])).toBe(true);
  expect(covers(wide, ['repository:b:pull', 'repository:a:push'])).toBe(true);
  expect(covers(wide, ['repository:b:push'])).toBe(false);
  expect(covers(wide, ['repository:a/b:pull'])).toBe(false);
  expect(covers(['repository:host:5000/a:push,pull'], ['repository:host:pull'])).toBe(false);
});
