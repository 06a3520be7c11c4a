/**
 * Pushes to and pulls from registries of clouds as users see them: the command, its proxy settings and certificates, and
 * Debian's registry under the names of the clouds. What gives out the logins are strict fakes of the published protocols:
 * nothing real is to be had.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Script } from '../../core/registry/scripted-server.ts';
import { fakeEntra, fakeExchange, jwtUntil } from '../../plugins/credentials/fake-azure.ts';
import { fakeEcr } from '../../plugins/credentials/fake-ecr.ts';
import { fakeTokens } from '../../plugins/credentials/fake-google.ts';
import { openStrake, type StrakeWorld } from '../../support/cli.ts';
import { requirements } from '../../support/needs.ts';
import { makeAuthority, type Authority } from '../../support/servers/certificates.ts';
import { startOutside, type Outside, type Player } from '../../support/servers/outside.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';

const { suite } = await requirements(import.meta.url, ['linux', 'docker-registry', 'apache2-utils', 'openssl']);

const played =
  (script: Script): Player =>
  ({ method, url, headers }: IncomingMessage, body: string, response: ServerResponse) =>
    void script({ method: method!, path: url!, headers, body }, response);

suite('the registries of clouds', () => {
  let world: StrakeWorld;
  let authority: Authority;
  beforeEach(async () => {
    world = await openStrake();
    authority = await makeAuthority(join(world.home, '../authority'));
  });
  afterEach(async () => {
    await world.assertClean();
    await world[Symbol.asyncDispose]();
  });

  /** Pushes an image, then builds another on it; every secret stays out of what is said. */
  async function pushAndPull(host: string, outside: Outside, env: Record<string, string>, secrets: readonly string[]) {
    const said: string[] = [];
    const build = async (from: string, tag: string): Promise<void> => {
      await writeFile(join(world.work, 'Dockerfile'), `FROM ${from}\nCOPY Dockerfile /${tag}\n`);
      const args = ['build', '.', '-t', `${host}/team/app:${tag}`, '--push', '--progress', 'json'];
      const { status, stdout, stderr } = await world.strake(args, { env: { ...outside.env, ...env } });
      expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
      said.push(stdout, stderr);
    };
    await build('scratch', 'one');
    await build(`${host}/team/app:one`, 'two');
    for (const secret of secrets) expect(said.join()).not.toContain(secret);
  }

  const tagsOf = async (registry: TestRegistry): Promise<unknown> => {
    const headers = { authorization: registry.authorization('team/app')! };
    return (
      (await (await fetch(`${registry.direct}/v2/team/app/tags/list`, { headers })).json()) as { tags: string[] }
    ).tags.sort();
  };

  it('AWS: keys of the environment become a login for the host’s region', async () => {
    const password = 'ecr-password-6f1';
    await using registry = await startRegistry({ auth: 'basic', users: { AWS: password } });
    const keys = { id: 'AKIAEXAMPLE', secret: 'aws-secret-7a2', session: 'aws-session-8b3' };
    const api = 'api.ecr.eu-west-1.amazonaws.com';
    const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
    const facts = { ...keys, host: api, region: 'eu-west-1', expiresAt: Date.now() / 1000 + 43_200, password };
    await using outside = await startOutside(authority, { [api]: played(fakeEcr(facts)), [host]: registry.url });
    const env = { AWS_ACCESS_KEY_ID: keys.id, AWS_SECRET_ACCESS_KEY: keys.secret, AWS_SESSION_TOKEN: keys.session };
    await pushAndPull(host, outside, env, [password, keys.secret, keys.session]);
    expect(await tagsOf(registry)).toEqual(['one', 'two']);
    expect(outside.hosts().toSorted()).toEqual([host, api].sort());
  });

  it('Google: what gcloud left becomes a token', async () => {
    const token = 'ya29.google-token-9c4';
    await using registry = await startRegistry({ auth: 'basic', users: { oauth2accesstoken: token } });
    const person = { secret: 'client-secret-1d5', refresh: 'refresh-token-2e6' };
    const host = 'europe-west1-docker.pkg.dev';
    await using outside = await startOutside(authority, {
      'oauth2.googleapis.com': played(fakeTokens({ person, token, now: Date.now() / 1000 })),
      [host]: registry.url,
    });
    const file = join(world.home, 'adc.json');
    const names = { client_id: 'client', client_secret: person.secret, refresh_token: person.refresh };
    await writeFile(file, JSON.stringify({ type: 'authorized_user', ...names }));
    await pushAndPull(host, outside, { GOOGLE_APPLICATION_CREDENTIALS: file }, [token, person.secret, person.refresh]);
    expect(await tagsOf(registry)).toEqual(['one', 'two']);
    expect(outside.hosts().toSorted()).toEqual([host, 'oauth2.googleapis.com']);
  });

  it('Azure: a service principal becomes a refresh token of the registry', async () => {
    await using registry = await startRegistry({ auth: 'token' });
    const host = 'contoso.azurecr.io';
    const resources = ['https://containerregistry.azure.net'];
    const principal = { tenant: 'tenant', client: 'client', secret: 'principal-secret-3f7', resources };
    const refresh = jwtUntil(Date.now() / 1000 + 10_800);
    registry.tokens!.acceptRefresh(refresh, 'alice');
    await using outside = await startOutside(authority, {
      'login.microsoftonline.com': played(fakeEntra(principal)),
      // The exchange is the registry's own, the rest Debian's.
      [host]: {
        '/oauth2/exchange': played(fakeExchange(host, resources, refresh)),
        '/': registry.url,
      },
    });
    const env = { AZURE_TENANT_ID: 'tenant', AZURE_CLIENT_ID: 'client', AZURE_CLIENT_SECRET: principal.secret };
    await pushAndPull(host, outside, env, [principal.secret, refresh]);
    expect(await tagsOf(registry)).toEqual(['one', 'two']);
    expect(registry.tokens!.requests().map(({ grant }) => grant)).toContain('refresh_token');
    expect(outside.hosts().toSorted()).toEqual([host, 'login.microsoftonline.com']);
  });
});
