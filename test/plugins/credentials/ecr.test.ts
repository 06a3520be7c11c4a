import { expect, test } from 'vitest';
import { ecrCredentials } from '../../../plugins/ecr-credentials/index.ts';
import { ecrHost } from '../../../plugins/ecr-credentials/hosts.ts';
import type { Script } from '../../core/registry/scripted-server.ts';
import { ask } from './ask.ts';
import { elsewhere } from './elsewhere.ts';
import { fakeEcr, type EcrFacts } from './fake-ecr.ts';

const registry = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const env = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI', AWS_SESSION_TOKEN: 'session' };
const start = Date.parse('2024-01-01T00:00:00Z');
const facts: EcrFacts = {
  host: 'api.ecr.eu-west-1.amazonaws.com',
  region: 'eu-west-1',
  id: env.AWS_ACCESS_KEY_ID,
  secret: env.AWS_SECRET_ACCESS_KEY,
  session: env.AWS_SESSION_TOKEN,
  expiresAt: start / 1000 + 43_200,
  password: 'ecr:password',
};

test.each([
  ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', 'https://api.ecr.eu-west-1.amazonaws.com/'],
  ['123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com', 'https://ecr-fips.us-gov-west-1.amazonaws.com/'],
  ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', 'https://api.ecr.cn-north-1.amazonaws.com.cn/'],
  ['123456789012.dkr-ecr.ap-southeast-2.on.aws', 'https://ecr.ap-southeast-2.api.aws/'],
  ['public.ecr.aws', 'https://api.ecr-public.us-east-1.amazonaws.com/'],
  ['123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.test', undefined],
  ['123456789012.dkr.ecr.eu-west-1.amazonaws.com:5000', undefined],
  ['123456789012.dkr.ecr.eu-west-1.evil.test', undefined],
  ['evil.test/123456789012.dkr.ecr.eu-west-1.amazonaws.com', undefined],
  ['12345.dkr.ecr.eu-west-1.amazonaws.com', undefined],
  ['123456789012.dkr.ecr.evil.test#.amazonaws.com', undefined],
  ['public.ecr.aws.evil.test', undefined],
  ['docker.io', undefined],
])('%s is asked for at %s', (host, api) => expect(ecrHost(host)?.api).toBe(api));

test('the region of the host, one question a build, a new one before the end', async () => {
  let now = start;
  await using there = await elsewhere({ 'https://api.ecr.eu-west-1.amazonaws.com': fakeEcr(facts) }, { env });
  Object.assign(there.world, { now: () => new Date(now) });
  const plugin = ecrCredentials();
  const all = await Promise.all(
    ['a', 'b', 'c'].map((name) => ask(plugin, `${registry}/${name}`, there.world, ['pull', 'push'])),
  );
  expect(all).toEqual(Array(3).fill('AWS:ecr:password'));
  expect(there.asked).toEqual(['POST https://api.ecr.eu-west-1.amazonaws.com/']);
  now += 43_200_000 - 100_000;
  expect(await ask(plugin, `${registry}/a`, there.world)).toBe('AWS:ecr:password');
  expect(there.asked).toHaveLength(2);
  expect(there.world.notices()).toEqual([]);
});

test('public.ecr.aws has an API of its own', async () => {
  const open = { ...facts, host: 'api.ecr-public.us-east-1.amazonaws.com', region: 'us-east-1', public: true };
  await using there = await elsewhere({ [`https://${open.host}`]: fakeEcr(open) }, { env });
  expect(await ask(ecrCredentials(), 'public.ecr.aws/team/app', there.world, ['pull', 'push'])).toBe(
    'AWS:ecr:password',
  );
  expect(await ask(ecrCredentials(), 'public.ecr.aws/team/app', there.world)).toBe('AWS:ecr:password');
});

test('a public image is pulled without any login and without looking for one on the network', async () => {
  await using there = await elsewhere({});
  expect(await ask(ecrCredentials(), 'public.ecr.aws/docker/library/debian', there.world)).toBeUndefined();
  expect(there.asked).toEqual([]);
  expect(there.world.notices()).toEqual([]);
});

test('the role of a machine; without one it is told what was looked for', async () => {
  const roles = '/latest/meta-data/iam/security-credentials/';
  const machine: Script = ({ method, path, headers }, response) => {
    if (path === '/latest/api/token' && method === 'PUT') return void response.end('imds-session');
    if (headers['x-aws-ec2-metadata-token'] !== 'imds-session') return void response.writeHead(401).end();
    if (path === roles) return void response.end('builder');
    response.end(
      JSON.stringify({ Code: 'Success', AccessKeyId: facts.id, SecretAccessKey: facts.secret, Token: facts.session }),
    );
  };
  const hosts = {
    'http://169.254.169.254': machine,
    'https://api.ecr.eu-west-1.amazonaws.com': fakeEcr(facts),
  };
  await using there = await elsewhere(hosts);
  expect(await ask(ecrCredentials(), registry, there.world)).toBe('AWS:ecr:password');
  await using nowhere = await elsewhere({});
  expect(await ask(ecrCredentials(), registry, nowhere.world)).toBeUndefined();
  expect(nowhere.world.notices()).toEqual([expect.stringMatching(/^NO_AWS_CREDENTIALS 123456789012.* wants a login/)]);
});

test('a refusal is one problem with what AWS says, and holds no secret', async () => {
  const wrong = { ...env, AWS_SECRET_ACCESS_KEY: 'another-secret' };
  await using there = await elsewhere({ 'https://api.ecr.eu-west-1.amazonaws.com': fakeEcr(facts) }, { env: wrong });
  const failure = ask(ecrCredentials(), registry, there.world);
  await expect(failure).rejects.toMatchObject({
    code: 'ecr-credentials/LOGIN_REFUSED',
    message: `${registry}: it answers 400 InvalidSignatureException: The request signature we calculated does not match.`,
    hint: expect.stringContaining('ecr:GetAuthorizationToken') as unknown,
  });
  await expect(failure).rejects.not.toThrow(/another-secret/);
});

test.each(['no json', '{"authorizationData":[]}', '{"authorizationData":[{"authorizationToken":"bm8tY29sb24="}]}'])(
  'an answer that makes no sense: %s',
  async (answer) => {
    const script: Script = (_, response) => void response.end(answer);
    await using there = await elsewhere({ 'https://api.ecr.eu-west-1.amazonaws.com': script }, { env });
    await expect(ask(ecrCredentials(), registry, there.world)).rejects.toMatchObject({
      code: 'ecr-credentials/LOGIN_REFUSED',
    });
  },
);

test('no other host makes it look', async () => {
  await using there = await elsewhere({}, { env });
  for (const host of ['docker.io', 'ghcr.io', 'localhost:5000', `${registry}.evil.test`, 'gcr.io', 'a.azurecr.io'])
    expect(await ask(ecrCredentials(), host, there.world)).toBeUndefined();
  expect(there.asked).toEqual([]);
});
