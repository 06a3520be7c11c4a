/** Builds that find what earlier ones made, and how little they move. */
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { busyboxBase } from '../../support/bases.ts';
import { openStrake, type StrakeWorld } from '../../support/cli.ts';
import { requirements } from '../../support/needs.ts';
import { userWithSubuids, type OrdinaryUser } from '../../support/ordinary-user.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';
import { build, requestLines, stepsOf, writeFiles } from './scene.ts';

const { suite } = await requirements(import.meta.url, [
  'linux',
  'mounts',
  'subuid-user',
  'docker-registry',
  'busybox-static',
]);

const people: readonly (readonly [string, () => Promise<OrdinaryUser | undefined>])[] = [
  ['root', async () => undefined],
  ['a user with subuids', userWithSubuids],
];

/** The stage before the last gives one file that is always the same, and one that never is. */
const dockerfile = (base: string): string => `
FROM ${base} AS build
RUN echo the same > /same; cat /proc/sys/kernel/random/uuid > /other
FROM ${base}
RUN mkdir /app; cat /proc/sys/kernel/random/uuid > /app/made-once
COPY --from=build /same /app/same
COPY early /app/early
COPY late /app/late
CMD ["/bin/true"]
`;

const names = {
  build: '[build 2/2] RUN echo the same > /same; cat /proc/sys/kernel/random/uuid > /other',
  once: '[stage-1 2/5] RUN mkdir /app; cat /proc/sys/kernel/random/uuid > /app/made-once',
  same: '[stage-1 3/5] COPY --from=build /same /app/same',
  early: '[stage-1 4/5] COPY early /app/early',
  late: '[stage-1 5/5] COPY late /app/late',
};

for (const [who, find] of people) {
  suite(`a build by ${who} that was built before`, () => {
    let registry: TestRegistry;
    let world: StrakeWorld;
    let user: OrdinaryUser | undefined;
    let digest: string;
    const again = (...flags: readonly string[]) => build(world, ['.', '-t', 'app', ...flags]);

    beforeAll(async () => {
      user = await find();
      registry = await startRegistry();
      world = await openStrake(user);
      await (await busyboxBase()).pushTo(registry);
      const base = `${registry.host}/base/busybox`;
      await writeFiles(world.work, { Dockerfile: dockerfile(base), early: 'early', late: 'late' }, user);
      const first = await again();
      digest = first.digest;
      expect(stepsOf(first)).toEqual(Object.values(names).map((name) => `${name}: end`));
    });
    afterAll(async () => {
      await world.assertClean();
      await world[Symbol.asyncDispose]();
      await registry.stop();
    });

    it('gives the same digest, runs no step, and asks for one manifest', async () => {
      registry.clearRequests();
      const second = await again();
      expect(second.digest).toBe(digest);
      // Nobody asks for the stage that is only read from: what was read is known.
      const { once, same, early, late } = names;
      expect(stepsOf(second)).toEqual([once, same, early, late].map((name) => `${name}: cached (asked)`));
      expect(requestLines(registry)).toEqual(['GET /v2/base/busybox/manifests/latest 200']);
      expect(second.stdout).toContain('4 steps reused');
    });

    it('does not mind that a file has a later date', async () => {
      await utimes(join(world.work, 'early'), new Date(), new Date('2031-01-01'));
      const third = await again();
      expect(third.digest).toBe(digest);
      expect(stepsOf(third).filter((step) => !step.endsWith('cached (asked)'))).toEqual([]);
    });

    it('carries out again the one step whose file has changed', async () => {
      await writeFiles(world.work, { late: 'changed' }, user);
      const changed = await again();
      expect(changed.digest).not.toBe(digest);
      const { once, same, early, late } = names;
      expect(stepsOf(changed)).toEqual([
        ...[once, same, early].map((name) => `${name}: cached (asked)`),
        `${late}: end`,
      ]);
      await writeFiles(world.work, { late: 'late' }, user);
      const back = await again();
      expect(back.digest).toBe(digest);
    });

    it('finds a step by content when what it reads was made anew and came out the same', async () => {
      const { build: made, once, same, early, late } = names;
      const redone = await again('--no-cache-filter', 'build');
      expect(stepsOf(redone)).toEqual([
        `${made}: end`,
        `${once}: cached (asked)`,
        // These stand on what was made anew, so that what is asked for tells nothing.
        ...[same, early, late].map((name) => `${name}: cached (content)`),
      ]);
      expect(redone.digest).toBe(digest);
    });

    it('is built from nothing with --no-cache', async () => {
      const fresh = await again('--no-cache');
      expect(stepsOf(fresh)).toEqual(Object.values(names).map((name) => `${name}: end`));
      expect(fresh.digest).not.toBe(digest);
    });
  });
}
