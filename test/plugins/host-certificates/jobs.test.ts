import { expect, test } from 'vitest';
import { tryPlugin } from '../../../core/testing/index.ts';
import { hostCertificates, type HostCertificatesOptions } from '../../../plugins/host-certificates/index.ts';

const pem = (name: string): string => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;
const files = { '/system.pem': pem('system'), '/extra.pem': pem('extra'), '/text': 'no certificate' };

async function jobWith(options: HostCertificatesOptions) {
  await using bench = await tryPlugin(hostCertificates(options), { files });
  return bench.job({ env: [['CURL_CA_BUNDLE', '/own.pem']] });
}

test('a file of its own and those besides are one file for the command; what is said already stays', async () => {
  const job = await jobWith({ bundle: 'system.pem', add: ['extra.pem'] });
  expect(job.files).toEqual([
    { path: '/run/strake/ca-certificates.crt', content: pem('system') + pem('extra'), mode: 0o444 },
  ]);
  const env = new Map(job.env);
  expect(env.get('CURL_CA_BUNDLE')).toBe('/own.pem');
  for (const name of ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS', 'REQUESTS_CA_BUNDLE', 'GIT_SSL_CAINFO'])
    expect(env.get(name)).toBe('/run/strake/ca-certificates.crt');
  expect(job.env).toHaveLength(new Set(job.env.map(([name]) => name)).size);
});

test('it is put where it is wanted', async () => {
  const job = await jobWith({ bundle: 'system.pem', path: '/etc/company.pem' });
  expect(job.files[0]!.path).toBe('/etc/company.pem');
  expect(new Map(job.env).get('SSL_CERT_FILE')).toBe('/etc/company.pem');
});

test.each([
  [{ bundle: 'absent.pem' }, 'absent.pem: it is not there.'],
  [{ add: ['text'] }, 'text: it has none.'],
])('%j is refused before anything is built', async (options, message) => {
  await using bench = await tryPlugin(hostCertificates(options), { files });
  await expect(bench.build({ '/Dockerfile': 'FROM scratch\nCOPY Dockerfile /\n' })).rejects.toMatchObject({
    code: 'host-certificates/FILE_INVALID',
    message,
    exit: 2,
  });
});

test('options that are none are told', () => {
  expect(() => hostCertificates({ path: 'relative' })).toThrow(
    /options\.path +is "relative"; it must be an absolute path/,
  );
});

test('keys of steps do not know of it', async () => {
  await using bench = await tryPlugin(hostCertificates({ bundle: 'system.pem' }), { files });
  const { settings, scope } = await bench.builder.workshop();
  await scope.close();
  expect(settings.pluginKeys).toEqual([]);
});
