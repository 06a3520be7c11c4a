/** A world for registry tests: loopback, no environment, all reports kept. */
import { hostPath } from '../../../core/base/brand.ts';
import type { BuildEvent } from '../../../core/base/events.ts';
import { Secret } from '../../../core/base/secret.ts';
import type { CredentialProvider } from '../../../core/contract/offers.ts';
import type { Env, World } from '../../../core/contract/world.ts';
import { createHttp } from '../../../core/registry/http.ts';

export interface TestWorld extends World, AsyncDisposable {
  readonly events: BuildEvent[];
  abort(reason: unknown): void;
}

export function testWorld(env: Env = { SSL_CERT_FILE: '/nonexistent' }): TestWorld {
  const http = createHttp({ env });
  const events: BuildEvent[] = [];
  const stop = new AbortController();
  return {
    cwd: hostPath('/'),
    env,
    home: hostPath('/nonexistent'),
    uid: 0,
    gid: 0,
    host: { os: 'linux', architecture: 'amd64' },
    signal: stop.signal,
    now: () => new Date(0),
    tempDir: () => Promise.reject(new Error('no temporary directories here')),
    report: (event) => void events.push(event),
    http: () => Promise.resolve(http),
    async *stdin() {},
    events,
    abort: (reason) => stop.abort(reason),
    [Symbol.asyncDispose]: () => http.close(),
  };
}

/** Gives everybody the same login, and counts how often it is asked. */
export function loginAs(username: string, password: string): CredentialProvider & { asked: string[] } {
  const asked: string[] = [];
  return {
    name: 'test-login',
    asked,
    credentials: ({ registry, repository, actions }) => {
      asked.push(`${registry}/${repository} ${actions.join(',')}`);
      return Promise.resolve({ kind: 'basic', username, password: new Secret(password) });
    },
  };
}
