import assert, { AssertionError } from 'node:assert/strict';
import { Secret } from '../../base/secret.ts';
import type { AuthRequest, Credentials } from '../../contract/offers.ts';
import type { Plugin } from '../../contract/plugin.ts';
import { fakeWorld, type FakeWorld, type FakeWorldOptions } from '../fake-world.ts';
import { checksOf, expectSilence, type Check, type Closable } from './check.ts';

export interface CredentialSubject extends Closable {
  readonly plugin: Plugin;
  readonly world?: FakeWorldOptions;
  /** What it has a login for: `registry.example/team/app`, and what the login is. */
  readonly known: { readonly registry: string; readonly repository: string };
  readonly gives: { readonly username: string; readonly password: string } | { readonly token: string };
  /** A registry it has no login for (`stranger.example`). */
  readonly stranger?: string;
}

/** What everything that knows logins promises. */
export const credentialContract = (make: () => CredentialSubject | Promise<CredentialSubject>): Check[] =>
  checksOf(make, {
    'gives the login, for pulls and for pushes': async (subject) => {
      await using world = fakeWorld(subject.world);
      for (const actions of [['pull'], ['pull', 'push']] as const)
        assert.deepEqual(plain(await ask(subject, world, actions)), subject.gives);
    },

    'gives the same to all who ask at once': async (subject) => {
      await using world = fakeWorld(subject.world);
      const answers = await Promise.all(Array.from({ length: 8 }, () => ask(subject, world)));
      for (const answer of answers) assert.deepEqual(plain(answer), subject.gives);
    },

    'has nothing for a registry it does not know, and does not complain': async (subject) => {
      await using world = fakeWorld(subject.world);
      const request: AuthRequest = {
        registry: subject.stranger ?? 'stranger.example',
        repository: 'team/app',
        actions: ['pull'],
      };
      assert.equal(await providerOf(subject.plugin).credentials(request, world), undefined);
      assert.deepEqual(world.notices(), []);
    },

    'keeps what is secret in values that refuse to be printed': async (subject) => {
      await using world = fakeWorld(subject.world);
      const found = await ask(subject, world);
      assert.ok(found, 'it has the login');
      assert.ok((found.kind === 'basic' ? found.password : found.token) instanceof Secret, 'it is a Secret');
      expectSilence([secretOf(subject)], world, found);
    },
    'keeps a login until it is told to forget it, if it keeps any': async (subject) => {
      const provider = providerOf(subject.plugin);
      if (provider.keep === undefined) return 'it keeps no logins';
      await using world = fakeWorld(subject.world);
      const place = { registry: subject.stranger ?? 'stranger.example' };
      const request: AuthRequest = { ...place, repository: 'team/app', actions: ['pull'] };
      const login = { username: 'somebody', password: 'word-that-is-kept' };
      const given: Credentials = { kind: 'basic', username: login.username, password: new Secret(login.password) };
      const { where } = await provider.keep(place, given, world);
      assert.deepEqual(plain(await provider.credentials(request, world)), login, 'what was kept is found');
      assert.deepEqual(plain(await ask(subject, world)), subject.gives, 'what was there before is still there');
      assert.deepEqual(await provider.forget?.(place, world), [where], 'it says from where it went');
      assert.equal(await provider.credentials(request, world), undefined, 'what is forgotten is found no more');
      assert.deepEqual(await provider.forget?.(place, world), [], 'it says that there is nothing to forget');
      expectSilence([login.password, secretOf(subject)], world, where);
      return undefined;
    },
  });

function providerOf(plugin: Plugin) {
  const [provider] = plugin.credentials ?? [];
  if (!provider) throw new AssertionError({ message: `the plugin "${plugin.name}" offers no credentials` });
  return provider;
}

const ask = (
  { plugin, known }: CredentialSubject,
  world: FakeWorld,
  actions: AuthRequest['actions'] = ['pull'],
): Promise<Credentials | undefined> => providerOf(plugin).credentials({ ...known, actions }, world);

const plain = (found: Credentials | undefined): unknown =>
  found?.kind === 'basic'
    ? { username: found.username, password: found.password.reveal() }
    : found && { token: found.token.reveal() };

const secretOf = ({ gives }: CredentialSubject): string => ('token' in gives ? gives.token : gives.password);
