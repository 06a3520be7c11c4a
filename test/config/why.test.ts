import { expect, test } from 'vitest';
import { resolveConfig } from '../../core/config/resolve.ts';
import { why } from '../../core/config/why.ts';

const config = resolveConfig({
  base: {},
  config: {
    file: 'build.config.ts',
    layer: {
      settings: { jobs: 2 },
      defaults: { labels: { team: 'a' } },
      images: { api: { tags: ['r.example/api'] }, web: {} },
    },
  },
  env: {},
});

test('of an image, and of the settings, all that is said is told', () => {
  const said = (path: string) => why(path, config).chain.map(({ path: where, value }) => [where, value]);
  expect(said('images.api')).toEqual([
    ['defaults.labels.team', 'a'],
    ['images.api.tags', ['r.example/api']],
  ]);
  expect(said('settings')).toEqual([['settings.jobs', 2]]);
});

test.each([
  ['images', 'images says only where to look.', 'There are: api, web.'],
  ['api.tags', 'api.tags: there is no "api".', 'Did you mean "images.api.tags"?'],
  ['defaults.labels', 'defaults.labels: there is no "defaults".', 'Did you mean "images.api.labels"?'],
  ['jobs', 'jobs: there is no "jobs".', 'Did you mean "settings.jobs"?'],
  ['tags', 'tags: there is no "tags".', 'Did you mean "images.api.tags"?'],
  ['imges.api', 'imges.api: there is no "imges".', 'Did you mean "images"?'],
])('%s is no path: what is meant is said', (path, message, hint) => {
  expect(() => why(path, config)).toThrow(expect.objectContaining({ code: 'SETTING_UNKNOWN', message, hint }));
});
