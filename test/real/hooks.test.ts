import { hash } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createBuilder,
  definePlugin,
  hookTable,
  hostPath,
  openWorld,
  type BuildEvent,
  type HookName,
  type HookScope,
  type ImagePath,
  type ImageRequest,
  type Job,
} from 'strake';
import { standard } from 'strake/presets/standard';
import { busyboxBase } from '../support/bases.ts';
import { layoutSource } from '../support/image-source.ts';
import { readImage } from '../support/images.ts';
import { requirements } from '../support/needs.ts';
import { startRegistry, type TestRegistry } from '../support/servers/registry.ts';
import { tempDir, type TempDir } from '../support/temp-dir.ts';

const { suite } = await requirements(import.meta.url, ['root', 'mounts', 'docker-registry', 'busybox-static']);

suite('every hook, tapped in one real build', () => {
  let registry: TestRegistry;
  let folder: TempDir;
  const called: string[] = [];
  const seen: Partial<Record<HookName, unknown>> = {};

  beforeAll(async () => {
    registry = await startRegistry();
    folder = await tempDir('hooks');
    await (await busyboxBase()).pushTo(registry, 'base');
  });
  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const spy = definePlugin(() => ({
    name: 'spy',
    apply(hooks) {
      const note = (name: HookName, subject: unknown): void => {
        if (called.at(-1) !== name) called.push(name);
        seen[name] = subject;
      };
      const told = (scope: HookScope): void => expect(scope).toMatchObject({ stage: {}, step: {} });
      hooks.request.tap(
        'spy',
        (request) => (note('request', request), { ...request, labels: [...request.labels, ['by', 'request']] }),
      );
      hooks.preBuild.tap('spy', (subject) => note('preBuild', subject.requests));
      hooks.contextReady.tap('spy', (subject) => note('contextReady', subject.name));
      hooks.source.tap(
        'spy',
        (source) => (note('source', source.text), { ...source, text: source.text.replace('BASE', 'base-image') }),
      );
      hooks.parsed.tap('spy', (dockerfile) => (note('parsed', dockerfile.stages.length), dockerfile));
      hooks.resolveBase.tap(
        'spy',
        (query) => (note('resolveBase', query.text), { ...query, text: `${registry.host}/base:latest` }),
      );
      hooks.planned.tap('spy', (plan) => note('planned', plan.stages.length));
      hooks.beforeStage.tap('spy', (stage) => note('beforeStage', stage.label));
      hooks.beforeStep.tap(
        'spy',
        (step, scope) => (note('beforeStep', step.title), expect(scope.stage?.label).toBeDefined()),
      );
      hooks.job.tap(
        'spy',
        (job, scope): Job => (told(scope), note('job', job.argv), { ...job, env: [...job.env, ['FROM_HOOK', 'yes']] }),
      );
      hooks.snapshot.tap('spy', ({ changes, exclude }, scope) => {
        told(scope);
        note(
          'snapshot',
          changes.map((change) => change.path),
        );
        exclude('/left-out' as ImagePath);
      });
      hooks.afterStep.tap('spy', (done) => note('afterStep', done.cached));
      hooks.afterStage.tap('spy', (result) => note('afterStage', Number(seen.afterStage ?? 0) + result.performed));
      hooks.assemble.tap(
        'spy',
        (draft) => (
          note('assemble', draft.name),
          { ...draft, annotations: [...draft.annotations, ['by', 'assemble']] }
        ),
      );
      hooks.pushed.tap('spy', (place) => note('pushed', place.location));
      hooks.finished.tap('spy', (outcome) => note('finished', outcome.results.length));
    },
  }));

  test('in order, with effect', async () => {
    const context = join(folder.path, 'context');
    await mkdir(context);
    await writeFile(join(context, 'file'), 'content');
    await writeFile(
      join(context, 'Dockerfile'),
      'FROM BASE\nRUN echo "$FROM_HOOK" > /from-hook && mkdir /left-out && touch /left-out/x\nCOPY file /file\n',
    );
    const dest = join(folder.path, 'layout');
    const events: BuildEvent[] = [];
    await using world = openWorld(process, { report: (event) => events.push(event) });
    await using builder = createBuilder({
      plugins: [spy(), ...((standard().plugins ?? []) as never[])],
      world,
      storeFolder: hostPath(join(folder.path, 'store')),
    });
    const [result] = await builder.build([request(context, dest)]);

    const order: HookName[] = [
      'request',
      'preBuild',
      'contextReady',
      'source',
      'parsed',
      'resolveBase',
      'planned',
      'beforeStage',
      'beforeStep',
      'job',
      'snapshot',
      'afterStep',
      'beforeStep',
      'afterStep',
      'afterStage',
      'assemble',
      'pushed',
      'finished',
    ];
    expect(called).toEqual(order);
    expect(new Set(called)).toEqual(new Set(Object.keys(hookTable)));
    expect(seen.source).toContain('FROM BASE');
    expect(seen.resolveBase).toBe('base-image');
    expect(seen.snapshot).toContain('/left-out/x');
    expect(seen.afterStage).toBe(2);
    expect(seen.pushed).toBe(`oci:${dest}`);
    expect(seen.finished).toBe(1);

    const image = await readImage(layoutSource(dest));
    expect(result!.finished.platforms[0]!.manifest.digest).toBe(image.digest);
    const hashOf = (path: string): string | undefined => image.listing.find((entry) => entry.path === path)?.sha256;
    expect(hashOf('from-hook')).toBe(hash('sha256', 'yes\n'));
    expect(hashOf('file')).toBe(hash('sha256', 'content'));
    expect(image.listing.filter((entry) => entry.path.startsWith('left-out'))).toEqual([]);
    expect(image.config.config?.['Labels']).toEqual({ by: 'request' });
    expect(image.manifest.annotations).toEqual({ by: 'assemble' });
    expect((await readdir(folder.path)).sort()).toEqual(['context', 'layout', 'store']);
  });
});

const request = (context: string, dest: string): ImageRequest => ({
  name: 'hooked',
  context,
  platforms: [],
  args: [],
  labels: [],
  annotations: [],
  tags: ['hooked:latest'],
  outputs: [{ type: 'oci', dest, forceCompression: false, rewriteTimestamp: false, options: [['tar', 'false']] }],
  contexts: [],
  prebuild: [],
  noCache: false,
});
