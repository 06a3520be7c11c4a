/** What can be said of a cache in S3, and what is refused. */
import { describe, expect, test } from 'vitest';
import { parseCache, type BuildError } from '../../../core/index.ts';
import { s3Cache, s3Caches } from '../../../plugins/s3-cache/index.ts';
import { placeOf, settingsOf, settingsOfUse } from '../../../plugins/s3-cache/options.ts';
import { s3Context } from '../../../plugins/s3-context/index.ts';

const spec = (text: string) => parseCache(`type=s3,${text}`)[0]!;
const said = (make: () => unknown): BuildError => {
  try {
    make();
  } catch (error) {
    return error as BuildError;
  }
  throw new Error('nothing was refused');
};

test("buildx's grammar", () => {
  const text =
    'bucket=b,region=r,endpoint_url=https://e,prefix=/p/q/,use_path_style=true,upload_parallelism=7,mode=min';
  expect(settingsOfUse({ to: spec(text) })).toMatchObject({
    bucket: 'b',
    prefix: 'p/q/',
    server: { region: 'r', endpoint: 'https://e', pathStyle: true },
    parallel: 7,
    policy: { reads: false, writes: true, mode: 'min' },
  });
});

test('one place is one cache, however it is written', () => {
  expect(placeOf(spec('bucket=b,prefix=p/,region=r'))).toBe(placeOf(spec('prefix=p,bucket=b')));
  expect(placeOf(spec('bucket=b,prefix=p'))).not.toBe(placeOf(spec('bucket=b,prefix=q')));
  expect(placeOf(spec('bucket=b,endpoint_url=https://e'))).not.toBe(placeOf(spec('bucket=b')));
});

test('reading says how old, writing says what goes', () => {
  const { policy } = settingsOfUse({ from: spec('bucket=b,max-age=2d'), to: spec('bucket=b,max-size=1GB,mode=max') });
  expect(policy).toMatchObject({ reads: true, writes: true, maxAge: 2 * 86_400_000, bounds: { maxBytes: 1e9 } });
});

describe('refused', () => {
  test.each(['access_key_id=AKIA', 'secret_access_key=hidden-word', 'session_token=hidden-word'])('%s', (text) => {
    const error = said(() => s3Caches().cacheTypes![0]!.open({ to: spec(`bucket=b,${text}`) }));
    expect(error.code).toBe('s3-cache/SECRET_WRITTEN');
    expect(`${error.message} ${error.hint}`).not.toContain('hidden-word');
  });

  test.each([
    ['region=r', /bucket/],
    ['bucket=b,name=n', /name/],
    ['bucket=b,use_path_style=perhaps', /usePathStyle/],
    ['bucket=b,ignore-error=false', /ignoreError/],
    ['bucket=b,timeout=soon', /timeout/],
  ])('%s', (text, about) => {
    expect(said(() => settingsOfUse({ from: spec(text) })).message).toMatch(about);
  });

  test('options of plugins that nobody knows', () => {
    expect(said(() => s3Cache({ bucket: 'b', endpont: 'x' } as never)).code).toBe('OPTIONS_INVALID');
    expect(said(() => s3Context({ parallel: 0 })).code).toBe('OPTIONS_INVALID');
    expect(settingsOf({ bucket: 'b', read: false }).policy.reads).toBe(false);
  });
});
