import { describe, expect, test } from 'vitest';
import { emptyRuntimeConfig, type ImageConfig } from '../../../core/oci/image.ts';
import { readConfig } from '../../../core/oci/read-config.ts';
import { writeConfig } from '../../../core/oci/write-config.ts';

const id = (digit: string): string => `sha256:${digit.repeat(64)}`;
const read = (content: object): ImageConfig => readConfig(Buffer.from(JSON.stringify(content)));
const least = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } };

// As BuildKit writes them: top members sorted, `config` in docker's order, Go's escapes.
const byBuildKit = [
  `{"architecture":"arm","config":{"User":"nginx","ExposedPorts":{"443/tcp":{},"80/tcp":{}},"Env":["PATH=/usr/sbin:/bin",` +
    `"PKG_RELEASE=1~bookworm","EMPTY="],"Entrypoint":["/docker-entrypoint.sh"],"Cmd":["nginx","-g","daemon off;"],` +
    `"Volumes":{"/data":{}},"WorkingDir":"/srv","Labels":{"10":"ten","9":"nine","__proto__":"p",` +
    `"maintainer":"NGINX \\u003cdocker-maint@nginx.com\\u003e"},"StopSignal":"SIGQUIT","ArgsEscaped":true,` +
    `"Healthcheck":{"Test":["CMD-SHELL","true \\u0026\\u0026 true"],"Interval":30000000000,"StartPeriod":5000000000,` +
    `"StartInterval":1000000,"Retries":3},"OnBuild":["COPY . /app"],"Shell":["/bin/bash","-c"]},` +
    `"created":"2024-05-01T10:20:30.123456789Z","history":[{"created":"2024-05-01T10:20:30Z","created_by":` +
    `"/bin/sh -c #(nop) ADD file:x in / "},{"created":"2024-05-01T10:20:30.123456789Z","created_by":"CMD [\\"nginx\\"]",` +
    `"author":"me","comment":"buildkit.dockerfile.v0","empty_layer":true}],"os":"linux","rootfs":{"type":"layers",` +
    `"diff_ids":["${id('a')}"]},"variant":"v7"}`,
  `{"architecture":"amd64","config":{"Cmd":["cmd /S /C dir"]},"os":"windows","os.features":["win32k"],` +
    `"os.version":"10.0.17763.1","rootfs":{"type":"layers","diff_ids":["${id('a')}","${id('b')}"]}}`,
  `{"architecture":"amd64","config":{},"os":"linux","rootfs":{"type":"layers","diff_ids":[]}}`,
];

test.each(byBuildKit)('read and written it has the same bytes %#', (text) => {
  expect(writeConfig(readConfig(Buffer.from(text))).toString()).toBe(text);
});

test('what is read', () => {
  expect(readConfig(Buffer.from(byBuildKit[0]!))).toMatchObject({
    platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
    created: '2024-05-01T10:20:30.123456789Z',
    config: {
      user: 'nginx',
      exposedPorts: ['443/tcp', '80/tcp'],
      env: [
        ['PATH', '/usr/sbin:/bin'],
        ['PKG_RELEASE', '1~bookworm'],
        ['EMPTY', ''],
      ],
      volumes: ['/data'],
      healthcheck: {
        test: ['CMD-SHELL', 'true && true'],
        interval: 30e9,
        startPeriod: 5e9,
        startInterval: 1e6,
        retries: 3,
      },
      onBuild: ['COPY . /app'],
      shell: ['/bin/bash', '-c'],
      argsEscaped: true,
    },
    diffIds: [id('a')],
    history: [
      { createdBy: '/bin/sh -c #(nop) ADD file:x in / ' },
      { comment: 'buildkit.dockerfile.v0', emptyLayer: true },
    ],
  });
  expect(readConfig(Buffer.from(byBuildKit[1]!)).platform).toEqual({
    os: 'windows',
    architecture: 'amd64',
    osVersion: '10.0.17763.1',
    osFeatures: ['win32k'],
  });
});

describe('what others leave behind', () => {
  test("null, empty and absent are the same; a container's own facts go", () => {
    const image = read({
      ...least,
      id: 'x',
      container: 'abc',
      container_config: { Cmd: ['x'] },
      docker_version: '20.10',
      'moby.buildkit.cache.v0': 'AAAA',
      variant: '',
      author: '',
      history: null,
      config: {
        Hostname: 'abc',
        Domainname: '',
        AttachStdin: false,
        Tty: false,
        Image: id('c'),
        User: '',
        ExposedPorts: null,
        Env: null,
        Entrypoint: null,
        Cmd: null,
        Volumes: null,
        WorkingDir: '',
        Labels: null,
        OnBuild: null,
        Healthcheck: null,
        StopSignal: null,
      },
    });
    expect(image).toEqual({
      platform: { os: 'linux', architecture: 'amd64' },
      config: emptyRuntimeConfig,
      diffIds: [],
      history: [],
    });
  });

  test('members of config that nobody knows are passed on', () => {
    const image = read({ ...least, config: { 'Memory<': { z: 1, a: ['<'] }, Cmd: ['x'] } });
    expect(image.config.extra).toEqual([['Memory<', { z: 1, a: ['<'] }]]);
    expect(writeConfig(image).toString()).toContain('{"Cmd":["x"],"Memory\\u003c":{"z":1,"a":["\\u003c"]}}');
  });

  test('an image of 2013 is one for linux on amd64', () => {
    expect(read({ rootfs: least.rootfs }).platform).toEqual({ os: 'linux', architecture: 'amd64' });
  });

  test('a variable without value, or twice, or with a name of Windows', () => {
    const { env } = read({ ...least, config: { Env: ['A=1', 'B', 'A=2=3', '=C:=C:\\x', 'b=4'] } }).config;
    expect(env).toEqual([
      ['A', '2=3'],
      ['B', ''],
      ['=C:', 'C:\\x'],
      ['b', '4'],
    ]);
  });
});

describe('what is no config says where', () => {
  test.each([
    ['{', 'it is no JSON'],
    ['[]', 'it is no object'],
    ['null', 'it is no object'],
    ['{}', 'rootfs is no object'],
    ['{"rootfs":{"type":"tarball","diff_ids":[]}}', 'rootfs.type is not valid'],
    [`{"rootfs":{"type":"layers","diff_ids":["${id('a')}","sha256:b"]}}`, 'rootfs.diff_ids.1 is no sha256 digest'],
    ['{"rootfs":{"type":"layers"},"os":5}', 'os is no string'],
    ['{"rootfs":{"type":"layers"},"config":{"Env":"A=1"}}', 'config.Env is no array'],
    ['{"rootfs":{"type":"layers"},"config":{"Labels":{"a":1}}}', 'config.Labels is no map of texts'],
    ['{"rootfs":{"type":"layers"},"config":{"Volumes":["/x"]}}', 'config.Volumes is no map'],
    ['{"rootfs":{"type":"layers"},"history":[{"empty_layer":"yes"}]}', 'history.0.empty_layer is no boolean'],
  ])('%s', (text, reason) => {
    expect(() => readConfig(Buffer.from(text))).toThrow(`The image config cannot be used: ${reason}.`);
  });

  test('bytes that are no UTF-8', () => {
    expect(() => readConfig(Buffer.from('{"os":"\xff"}', 'latin1'))).toThrow('it is no JSON');
  });
});

test('a written config is what the image specification asks for', () => {
  const image: ImageConfig = {
    platform: { os: 'linux', architecture: 'arm64' },
    created: '1970-01-01T00:00:00Z',
    config: {
      ...emptyRuntimeConfig,
      env: [['PATH', '/bin']],
      cmd: [],
      labels: [
        ['b', '1'],
        ['a', '2'],
        ['b', '3'],
      ],
    },
    diffIds: [id('a') as never],
    history: [{ createdBy: 'x' }, { emptyLayer: true }],
  };
  expect(JSON.parse(writeConfig(image).toString())).toEqual({
    architecture: 'arm64',
    config: { Env: ['PATH=/bin'], Labels: { a: '2', b: '3' } },
    created: '1970-01-01T00:00:00Z',
    history: [{ created_by: 'x' }, { empty_layer: true }],
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [id('a')] },
  });
});
