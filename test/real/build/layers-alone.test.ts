/** Some unpack each layer by itself and make the directories it leaves out anew: a container sees the right ones all the same. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStrake } from '../../support/cli.ts';
import { podmanRun } from '../../support/container-tools.ts';
import { requirements } from '../../support/needs.ts';
import { describeFailure } from '../../support/process.ts';
import { openMatrix, type Matrix } from './matrix.ts';

const needs = ['root', 'mounts', 'busybox-static', 'conmon', 'docker-registry', 'podman', 'runc'] as const;
const { suite } = await requirements(import.meta.url, needs);

let matrix: Matrix;

suite('layers unpacked alone', () => {
  beforeAll(async () => void (matrix = await openMatrix()));
  afterAll(() => matrix[Symbol.asyncDispose]());

  it('keep owners and modes of the directories on the way to a change', async () => {
    await using world = await openStrake();
    const dockerfile = [
      `FROM ${matrix.host}/base/busybox`,
      'RUN for way in run copy add work gone; do mkdir -p /$way/q/r && echo x > /$way/q/r/f; done',
      'RUN chmod -R 711 /run/q /copy /add /work /gone && chown -R app:staff /run/q /copy /add /work /gone',
      'RUN echo more >> /run/q/r/f',
      'COPY f /copy/q/r/g',
      'ADD f /add/q/r/g',
      'WORKDIR /work/q/r/deeper',
      'RUN rm /gone/q/r/f',
    ];
    const context = join(world.work, 'context');
    await mkdir(context);
    await writeFile(join(context, 'Dockerfile'), `${dockerfile.join('\n')}\n`);
    await writeFile(join(context, 'f'), 'f\n');
    const name = `${matrix.host}/alone`;
    const built = await world.strake(['build', '--no-config', '--push', `--tag=${name}`, context]);
    expect(built.status, describeFailure(built)).toBe(0);
    const places = ['/run/q', '/copy', '/copy/q', '/copy/q/r', '/add/q', '/work/q/r', '/gone', '/gone/q/r'];
    const ran = await podmanRun(`${name}:latest`, ['stat', '-c', '%a %U:%G %n', ...places]);
    expect(ran.stdout, describeFailure(ran)).toBe(places.map((place) => `711 app:staff ${place}\n`).join(''));
  });
});
