/** Asks the example service for what it has to say. */
import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect } from 'vitest';
import type { Daemon } from '../../support/process.ts';
import { waitFor } from '../../support/wait.ts';

/** Waits until it answers on the port, and checks that the answer has the shape of traefik/whoami's. */
export async function askWhoami(port: number, server: Pick<Daemon, 'child' | 'output'>): Promise<string> {
  const answer = await waitFor(
    'whoami to answer',
    async () => {
      if (server.child.exitCode !== null) throw new Error(`it ended: ${server.output()}`);
      return fetchText(port).catch(() => undefined);
    },
    60_000,
  );
  const lines = answer.split('\n');
  expect(lines[0]).toMatch(/^Hostname: \S+$/);
  expect(lines).toContain('IP: 127.0.0.1');
  expect(answer).toMatch(/\nRemoteAddr: \S+:\d+\nGET \/some\/path\?and=more HTTP\/1\.1\nHost: 127\.0\.0\.1:\d+\n/);
  expect(lines).toContain('X-Asked-By: a test');
  return answer;
}

async function fetchText(port: number): Promise<string> {
  const headers = { 'X-Asked-By': 'a test', connection: 'close' };
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path: '/some/path?and=more', headers }, (response) => {
      text(response).then(resolve, reject);
    });
    request.on('error', reject);
  });
}
