import { describe, expect, test } from 'vitest';
import type { ConfigLayer } from '../../core/config/define.ts';
import { resolveConfig } from '../../core/config/resolve.ts';
import { settleContext, settleRequests, type RequestFlags } from '../../core/config/settle.ts';

const place = { cwd: '/here', dir: '/project', host: { os: 'linux', architecture: 'arm64' } };
const resolved = (layer: ConfigLayer) =>
  resolveConfig({ base: {}, config: { file: 'build.config.ts', layer }, env: {} });
const flags = (all: object, asked: object): RequestFlags => ({
  all: [{ layer: '--all', section: '', values: { ...all } }],
  asked: [{ layer: '--asked', section: '', values: { ...asked } }],
});

const config = resolved({
  defaults: { contexts: { base: { image: 'base' } }, args: { A: '1' } },
  images: {
    base: { contexts: { base: null }, tags: ['r.example/base'], push: true },
    app: { tags: ['r.example/app'], push: true },
  },
});

test('an image that another one stands on is built and not published, unless it was asked for', () => {
  const outputs = (names: readonly string[]) =>
    settleRequests(config, names, place).map((request) => [request.name, request.outputs.map(({ type }) => type)]);
  expect(outputs(['app'])).toEqual([
    ['base', []],
    ['app', ['registry']],
  ]);
  expect(outputs(['app', 'base'])).toEqual([
    ['base', ['registry']],
    ['app', ['registry']],
  ]);
});

test('flags for all reach what was asked for and what that stands on; the others only the former', () => {
  const requests = settleRequests(
    config,
    ['app'],
    place,
    flags({ platforms: ['amd64'] }, { tags: ['mine'], push: false }),
  );
  expect(requests.map(({ name, platforms, tags }) => [name, platforms[0]!.architecture, tags])).toEqual([
    ['base', 'amd64', ['r.example/base']],
    ['app', 'amd64', ['mine']],
  ]);
});

test('a context given by hand gets what holds for every image', () => {
  const requests = settleContext(config, 'hand', place, flags({}, { context: 'sub', dockerfile: 'x.Dockerfile' }));
  expect(requests.map(({ name }) => name)).toEqual(['base', 'hand']);
  expect(requests[1]).toMatchObject({ context: 'sub', dockerfile: 'x.Dockerfile', args: [['A', '1']], outputs: [] });
});

test('args of defaults are known as shared, unless the image or a flag says them too', () => {
  const shared = resolved({
    defaults: { args: { A: '1', B: '1', C: '1' } },
    images: { app: { args: { B: '2', D: '1', E: undefined } } },
  });
  expect(settleRequests(shared, ['app'], place, flags({ args: { C: '2' } }, {}))[0]).toMatchObject({
    args: [
      ['A', '1'],
      ['B', '2'],
      ['C', '2'],
      ['D', '1'],
    ],
    sharedArgs: ['A'],
  });
});

test('the part of a context that its location names is narrowed by contextSubPath', () => {
  const given = flags({}, { context: 'sub#:services', contextSubPath: 'api' });
  expect(settleContext(config, 'hand', place, given).at(-1)).toMatchObject({
    context: 'sub',
    contextSubdirectory: 'services/api',
  });
});

describe('paths', () => {
  test('of a config are seen from its folder, of flags from where the user stands', () => {
    const there = resolved({ images: { a: { context: 'ctx', dockerfile: 'd/Dockerfile', contexts: { x: 'other' } } } });
    const request = (more: RequestFlags) => settleRequests(there, ['a'], place, more)[0]!;
    expect(request(flags({}, {}))).toMatchObject({
      context: '../project/ctx',
      dockerfile: '../project/d/Dockerfile',
      contexts: [{ name: 'x', kind: 'location', location: '../project/other' }],
    });
    expect(request(flags({}, { dockerfile: 'mine', contexts: { x: 'mine' } }))).toMatchObject({
      dockerfile: 'mine',
      contexts: [{ location: 'mine' }],
    });
  });

  test.each(['-', 'https://x.example/a.tar', 'git@x.example:a.git', 's3://bucket/key'])('%s is none', (context) => {
    const there = resolved({ images: { a: { context, dockerfile: 'in/side' } } });
    expect(settleRequests(there, ['a'], place)[0]).toMatchObject({ context, dockerfile: 'in/side' });
  });

  test('oci-layout:// has one', () => {
    const contexts = { x: 'oci-layout://layouts/base:1', y: 'oci-layout:///layouts/base' };
    expect(settleRequests(resolved({ images: { a: { contexts } } }), ['a'], place)[0]!.contexts).toMatchObject([
      { location: 'oci-layout://../project/layouts/base:1' },
      { location: 'oci-layout://../layouts/base' },
    ]);
  });

  test('dir:// is one', () => {
    expect(settleRequests(resolved({ images: { a: { context: 'dir://ctx' } } }), ['a'], place)[0]!.context).toBe(
      '../project/ctx',
    );
  });
});

test('a platform given in part is completed by the machine', () => {
  const there = resolved({ images: { a: { platforms: ['linux'] } } });
  expect(settleRequests(there, ['a'], place)[0]!.platforms).toEqual([{ os: 'linux', architecture: 'arm64' }]);
});

test('a layer that comes back to itself is told, not followed', () => {
  const layer: { name: string; extends: object[] } = { name: 'loop', extends: [] };
  layer.extends.push(layer);
  expect(() => resolved({ extends: [layer] })).toThrow('comes back to a layer that extends it. (preset loop)');
});
