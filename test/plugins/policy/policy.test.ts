import { describe, expect, test } from 'vitest';
import { BuildError, codeFrame, definePlugin, placeOf, run, toPrehook, type Span } from '../../../core/index.ts';
import { readTree, tryPlugin, tryPreset, type PluginBench } from '../../../core/testing/index.ts';
import { policyPlugin, type PolicyOptions } from '../../../plugins/policy/index.ts';
import { bytesOf } from '../../../plugins/policy/bytes-of.ts';
import { policy } from '../../../presets/policy.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const pinned = `registry.acme.example/base/node:24@${digest}`;
const nobody = { user: '65532' };
const bases = {
  debian: { files: {} },
  'quay.io/tools/jq:1': { files: { '/jq': 'jq' } },
  'registry.acme.example/base/go': { files: {}, config: nobody },
  [pinned]: { files: {}, config: nobody },
  rooted: { files: {}, config: { user: 'root' } },
};
/** All rules off, so that each test says which one it is about. */
const off = { pinnedBases: false, noRoot: false, forbid: [] } as const;

interface Told {
  readonly code: string;
  /** `Dockerfile:3` */
  readonly place: string;
  readonly message: string;
  readonly hint: string | undefined;
}

/** The bench gives every tree a folder of its own. */
const shown = (at: Span): string => placeOf(at).replace(/^context-\d+\//, '');

const told = ({ code, message, hint, where }: BuildError): Told => ({
  code,
  place: where.at ? shown(where.at) : '',
  message,
  hint,
});

/** What a build of the Dockerfile is refused for. */
async function refusals(dockerfile: string, options: PolicyOptions): Promise<readonly Told[]> {
  await using bench = await tryPlugin(policyPlugin(options), { bases });
  return await refusalsOn(bench, dockerfile);
}

async function refusalsOn(bench: PluginBench, dockerfile: string): Promise<readonly Told[]> {
  const error = await bench.build({ '/Dockerfile': dockerfile, '/a': 'hi' }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error === undefined) return [];
  if (BuildError.is(error)) return [told(error)];
  return (error as AggregateError).errors.map((each: BuildError) => told(each));
}

describe('pinned bases', () => {
  const only: PolicyOptions = { ...off, pinnedBases: 'deny' };

  test('each FROM and COPY --from without a digest, at its line, with the digest to write', async () => {
    const dockerfile = [
      'FROM debian AS one',
      `FROM ${pinned} AS two`,
      'COPY --from=one /a* /',
      'FROM two',
      'COPY --from=quay.io/tools/jq:1 /jq /jq',
    ].join('\n');
    const found = await refusals(dockerfile, only);
    expect(found.map(({ code, place }) => [code, place])).toEqual([
      ['policy/BASE_NOT_PINNED', 'Dockerfile:1'],
      ['policy/BASE_NOT_PINNED', 'Dockerfile:5'],
    ]);
    expect(found[1]!.message).toBe('quay.io/tools/jq:1 may be another image tomorrow.');
    expect(found[1]!.hint).toMatch(/^Write quay\.io\/tools\/jq:1@sha256:[0-9a-f]{64}: what it is today\.$/);
  });

  test('a variable does not hide a name', async () => {
    expect(await refusals('ARG BASE=debian\nFROM $BASE\nCOPY a /a\n', only)).toMatchObject([{ place: 'Dockerfile:2' }]);
  });

  test('those that are trusted need none, others whose name begins alike do', async () => {
    const trusted = { ...only, trusted: ['registry.acme.example/base'] };
    expect(await refusals('FROM registry.acme.example/base/go\nCOPY a /a\n', trusted)).toEqual([]);
    expect(
      await refusals('FROM registry.acme.example/base/go\nCOPY a /a\n', {
        ...only,
        trusted: ['registry.acme.example/bas'],
      }),
    ).toHaveLength(1);
  });

  test('scratch and stages of the file have none to name', async () => {
    expect(await refusals('FROM scratch AS a\nCOPY a /a\nFROM a\nCOPY --from=0 /a /b\n', only)).toEqual([]);
  });
});

describe('registries', () => {
  test('images from elsewhere are refused, by the whole of their names', async () => {
    const found = await refusals('FROM debian\nCOPY --from=quay.io/tools/jq:1 /jq /jq\n', {
      ...off,
      registries: ['quay.io/tools', 'registry.acme.example'],
    });
    expect(found).toEqual([
      {
        code: 'policy/REGISTRY_NOT_ALLOWED',
        place: 'Dockerfile:1',
        message: 'debian is docker.io/library/debian, which is not on the list.',
        hint: 'Allowed are: quay.io/tools, registry.acme.example.',
      },
    ]);
  });
});

test('images that prehooks run in are held to the same rules, before any of them runs', async () => {
  const inside = toPrehook(run('true', { in: 'quay.io/tools/jq:1' }));
  const here = toPrehook(run('touch ran'));
  await using bench = await tryPlugin(policyPlugin({ registries: ['docker.io'], noRoot: false }), { bases });
  const error = await bench
    .build({ '/Dockerfile': 'FROM scratch\nCOPY . /\n' }, { prebuild: [here, inside] })
    .catch((thrown: unknown) => thrown);
  expect(
    (error as AggregateError).errors.map((each: BuildError) => [told(each).code, each.hint, each.where.image]),
  ).toEqual([
    ['policy/BASE_NOT_PINNED', 'Write quay.io/tools/jq:1@sha256:… with the digest that it has today.', 'tried'],
    ['policy/REGISTRY_NOT_ALLOWED', 'Allowed are: docker.io.', 'tried'],
  ]);
  expect(JSON.stringify(readTree(bench.world.cwd))).not.toContain('ran');
});

describe('root', () => {
  const only: PolicyOptions = { ...off, noRoot: 'deny' };

  test.each([
    ['nothing says who', 'FROM scratch\nCOPY a /a\n', 'Dockerfile:1'],
    ['the base says so', 'FROM rooted\nCOPY a /a\n', 'Dockerfile:1'],
    ['the last USER says so', 'FROM scratch\nUSER 1000\nCOPY a /a\nUSER root:wheel\nCMD ["/a"]\n', 'Dockerfile:4'],
    ['by number', 'FROM scratch AS a\nUSER 0:0\nFROM a\nCOPY a /a\n', 'Dockerfile:2'],
    ['by a variable', 'FROM scratch\nARG WHO=root\nUSER $WHO\nCOPY a /a\n', 'Dockerfile:3'],
  ])('%s', async (_, dockerfile, place) => {
    expect(await refusals(dockerfile, only)).toMatchObject([{ code: 'policy/ROOT_USER', place }]);
  });

  test.each(['FROM scratch\nUSER nobody\nCOPY a /a\n', `FROM ${pinned}\nCOPY a /a\n`])(
    'somebody else: %j',
    async (dockerfile) => {
      expect(await refusals(dockerfile, only)).toEqual([]);
    },
  );
});

describe('forbidden instructions', () => {
  test('an ADD of a URL is forbidden from the start, unless it has a checksum', async () => {
    const options = { pinnedBases: false, noRoot: false } as const;
    await using bench = await tryPlugin(policyPlugin(options), { bases });
    const plan = { stages: [] as object[], images: [], warnings: [] };
    // Parsed and judged without a fetch: what is refused here never gets so far as to be one.
    const dockerfile = [
      'FROM scratch',
      'ADD https://example.com/a.tar /',
      `ADD --checksum=${digest} https://example.com/b.tar /`,
      'ADD a /a',
    ].join('\n');
    const { parsed, planned } = bench.builder.installed.hooks;
    const source = { name: 'Dockerfile', text: dockerfile };
    const { parseDockerfile } = await import('../../../core/dockerfile/index.ts');
    const scope = { world: bench.world };
    await parsed.promise(parseDockerfile(source), scope);
    plan.stages.push({ at: { source, start: 0, end: 12 }, base: { kind: 'scratch' }, steps: [] });
    const error = (await planned.promise(plan as never, scope).catch((thrown: unknown) => thrown)) as BuildError;
    expect(told(error)).toMatchObject({
      code: 'policy/INSTRUCTION_FORBIDDEN',
      place: 'Dockerfile:2',
      message: 'ADD is not allowed here: what a URL gives may change; add --checksum=sha256:….',
    });
  });

  test.each([
    ['as written', 'FROM scratch\nHEALTHCHECK NONE\nCOPY a /a\n', { instruction: 'healthcheck' }, 'Dockerfile:2'],
    ['in a trigger', 'FROM scratch\nCOPY a /a\nONBUILD RUN sudo x\n', { matching: /\bsudo\b/ }, 'Dockerfile:3'],
    [
      'as it comes out',
      'FROM scratch\nARG D=/etc/x\nCOPY a $D\n',
      { instruction: 'COPY', matching: /\/etc/ },
      'Dockerfile:3',
    ],
    ['before the first FROM', 'ARG X=1\nFROM scratch\nCOPY a /a\n', { instruction: 'ARG' }, 'Dockerfile:1'],
  ])('%s', async (_, dockerfile, rule, place) => {
    const found = await refusals(dockerfile, { ...off, forbid: [rule] });
    expect(found[0]).toMatchObject({ code: 'policy/INSTRUCTION_FORBIDDEN', place });
  });

  test('once, though written and planned', async () => {
    const forbid = [{ instruction: 'WORKDIR', because: 'paths are absolute at ACME' }];
    expect(await refusals('FROM scratch\nWORKDIR /a\nCOPY a /a\n', { ...off, forbid })).toEqual([
      {
        code: 'policy/INSTRUCTION_FORBIDDEN',
        place: 'Dockerfile:2',
        message: 'WORKDIR is not allowed here: paths are absolute at ACME.',
        hint: undefined,
      },
    ]);
  });
});

describe('labels', () => {
  test('those that are missing or empty, at the FROM of the image', async () => {
    const options = { ...off, labels: ['team', 'tier', 'mail'] };
    const found = await refusals(
      'FROM scratch AS a\nLABEL mail=a@b\nFROM scratch\nLABEL team=x tier=""\nCOPY a /a\n',
      options,
    );
    expect(found.map(({ message, place }) => [place, message])).toEqual([
      ['Dockerfile:3', 'tried has no label tier.'],
      ['Dockerfile:3', 'tried has no label mail.'],
    ]);
  });

  test('those of the config count', async () => {
    await using bench = await tryPlugin(policyPlugin({ ...off, labels: ['team'] }));
    const { config } = await bench.build(
      { '/Dockerfile': 'FROM scratch\nCOPY a /a\n', '/a': '' },
      { labels: [['team', 'x']] },
    );
    expect(config.config.labels).toEqual([['team', 'x']]);
  });
});

describe('the size budget', () => {
  const big = Buffer.from(Array.from({ length: 9000 }, (_, at) => (at * at * 2654435761) >>> ((at % 3) * 8)));
  const build = async (dockerfile: string, maxSize: PolicyOptions['maxSize']) => {
    await using bench = await tryPlugin(policyPlugin({ ...off, maxSize }), { bases });
    const built = bench.build({ '/Dockerfile': dockerfile, '/a': 'hi', '/big': new Uint8Array(big) });
    const error = await built.then(
      () => undefined,
      (thrown: unknown) => thrown as BuildError,
    );
    return { error, events: bench.world.events };
  };

  test('what is too large is refused at the largest step, and not published', async () => {
    const { error, events } = await build('FROM scratch\nCOPY a /a\nCOPY big /big\n', '2KB');
    expect(told(error!)).toMatchObject({
      code: 'policy/TOO_LARGE',
      place: 'Dockerfile:3',
      message: expect.stringMatching(
        /^The layers of tried have \d\.\d kB as they are pushed; 2\.0 kB are allowed\.$/,
      ) as string,
      hint: 'Most of it comes from COPY big /big.',
    });
    expect(events.filter(({ type }) => type === 'pushed')).toEqual([]);
  });

  test('within the budget nothing is said', async () => {
    expect((await build('FROM scratch\nCOPY big /big\n', '1MB')).error).toBeUndefined();
  });

  test.each([
    ['200MB', 200_000_000],
    ['1.5GiB', 1_610_612_736],
    ['10 kb', 10_000],
    ['12', 12],
    ['12 parsecs', undefined],
    ['-1', undefined],
  ])('%s', (text, bytes) => {
    expect(bytesOf(text)).toBe(bytes);
  });
});

describe('together', () => {
  const dockerfile = 'FROM debian\nRUN sudo x\nCOPY a /a\nUSER root\n';

  test('all violations are told at once, each with a frame, and nothing has run', async () => {
    await using bench = await tryPlugin(policyPlugin({ forbid: [{ matching: /sudo/ }], labels: ['team'] }), { bases });
    const found = await refusalsOn(bench, dockerfile);
    expect(found.map(({ code, place }) => `${code} ${place}`)).toEqual([
      'policy/BASE_NOT_PINNED Dockerfile:1',
      'policy/INSTRUCTION_FORBIDDEN Dockerfile:2',
      'policy/ROOT_USER Dockerfile:4',
      'policy/LABEL_MISSING Dockerfile:1',
    ]);
    expect(bench.world.events.filter(({ type }) => type === 'step')).toEqual([]);
    const error = (await bench
      .plan({ '/Dockerfile': dockerfile, '/a': '' })
      .catch((thrown: unknown) => thrown)) as AggregateError;
    expect(codeFrame((error.errors as BuildError[])[2]!.where.at!)).toBe('  3 │ COPY a /a\n❯ 4 │ USER root');
  });

  test('a rule that warns says so at its line, and the image is built', async () => {
    await using bench = await tryPlugin(
      policyPlugin({ ...off, pinnedBases: 'warn', noRoot: 'warn', maxSize: { size: 1, level: 'warn' } }),
      { bases },
    );
    const { events, files } = await bench.build({ '/Dockerfile': 'FROM debian\nCOPY a /a\n', '/a': 'hi' });
    expect(files).toEqual({ '/a': 'hi' });
    const warnings = events.flatMap((event) =>
      event.type === 'notice' ? [[event.level, event.code, shown(event.at!)]] : [],
    );
    expect(warnings).toEqual([
      ['warning', 'policy/BASE_NOT_PINNED', 'Dockerfile:1'],
      ['warning', 'policy/ROOT_USER', 'Dockerfile:1'],
      ['warning', 'policy/TOO_LARGE', 'Dockerfile:2'],
    ]);
  });

  test('what plugins make of a file counts, not what they were given', async () => {
    const pin = definePlugin(() => ({
      name: 'pin',
      enforce: 'post' as const,
      apply: ({ resolveBase }) => resolveBase.tap('pin', (query) => ({ ...query, text: pinned })),
    }));
    await using bench = await tryPlugin([policyPlugin({ noRoot: false }), pin()], { bases });
    expect(await refusalsOn(bench, 'FROM debian\nCOPY a /a\n')).toEqual([]);
  });

  test('also where they are named later', async () => {
    const tame = definePlugin(() => ({
      name: 'tame',
      apply: ({ parsed }) =>
        parsed.tap('tame', (dockerfile) => ({
          ...dockerfile,
          stages: dockerfile.stages.map((stage) => ({
            ...stage,
            instructions: stage.instructions.filter(({ kind }) => kind !== 'run'),
          })),
        })),
    }));
    const rules = policyPlugin({ ...off, forbid: [{ matching: /sudo/ }] });
    await using bench = await tryPlugin([rules, tame()], { bases });
    expect(await refusalsOn(bench, 'FROM debian\nRUN sudo x\nCOPY a /a\n')).toEqual([]);
  });
});

describe('as a preset', () => {
  test('policies of different names hold side by side, and tell their violations together', async () => {
    await using bench = await tryPreset(
      { extends: [policy({ name: 'acme', noRoot: false }), policy({ name: 'team', pinnedBases: false })] },
      { bases },
    );
    expect(bench.config.plugins).toEqual([
      { name: 'policy-acme', from: 'preset policy acme' },
      { name: 'policy-team', from: 'preset policy team' },
    ]);
    const found = await refusalsOn(bench, 'FROM debian\nCOPY a /a\n');
    expect(found.map(({ code }) => code)).toEqual(['policy/BASE_NOT_PINNED', 'policy/ROOT_USER']);
  });

  test('all mistakes in the options are told at once', () => {
    const wrong = { noRoot: 'yes', maxSize: 'large', pinedBases: 'deny' } as object as PolicyOptions;
    expect(() => policy(wrong)).toThrow(/^policy: 3 things to fix\n/);
  });
});
