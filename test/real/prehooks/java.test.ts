/** The example whose Dockerfile copies a jar that nothing in it makes. */
import { cp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { javaBase } from '../../support/bases.ts';
import { checkout } from '../../support/checkout.ts';
import { openStrake, type StrakeWorld } from '../../support/cli.ts';
import { requirements } from '../../support/needs.ts';
import { startRegistry, type TestRegistry } from '../../support/servers/registry.ts';
import { build, good, stepsOf } from '../e2e/scene.ts';

const { suite } = await requirements(import.meta.url, [
  'linux',
  'mounts',
  'docker-registry',
  'busybox-static',
  'default-jdk-headless',
]);

const source = 'src/main/java/hello/Hello.java';

suite('examples/java-prebuild', () => {
  let registry: TestRegistry;
  let world: StrakeWorld;

  beforeAll(async () => {
    registry = await startRegistry();
    await (await javaBase()).pushTo(registry, 'library/eclipse-temurin:17-jre');
    world = await openStrake();
    await cp(join(checkout, 'examples/java-prebuild'), world.work, {
      recursive: true,
      filter: (path) => !path.endsWith('/target'),
    });
    // The names of the example lead to a registry that can be reached.
    for (const name of ['Dockerfile', 'build.config.ts']) {
      const text = await readFile(join(world.work, name), 'utf8');
      await writeFile(
        join(world.work, name),
        text.replace(/eclipse-temurin:17(-jre)?/, `${registry.host}/library/eclipse-temurin:17-jre`),
      );
    }
  }, 300_000);
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await registry.stop();
  });

  const states = async (image: string): Promise<string[]> =>
    stepsOf(await build(world, [image])).map((line) => line.replace(/^\[([^\]]*)\] (?:.*\n)*.*: /, '$1 '));
  const said = async (image: string): Promise<string> => good(await world.strake(['run', image])).stdout;
  const line = /^Hello from a jar made before the context was read, on Java \d+\.\n$/;

  it('makes its jar with the JDK of this machine, once, and runs', async () => {
    expect(await states('hello')).toEqual(['2/3 end', '3/3 end', 'hello prebuild 1/1 end']);
    expect(await said('hello')).toMatch(line);
    await rm(join(world.work, 'target'), { recursive: true });
    expect(await states('hello')).toEqual([
      '2/3 cached (asked)',
      '3/3 cached (asked)',
      'hello prebuild 1/1 cached (asked)',
    ]);
    expect(await readdir(world.work)).not.toContain('target');
    const text = await readFile(join(world.work, source), 'utf8');
    await writeFile(join(world.work, source), text.replace('Hello from', 'Good morning from'));
    expect(await states('hello')).toEqual(['2/3 cached (asked)', '3/3 end', 'hello prebuild 1/1 end']);
    expect(await said('hello')).toMatch(/^Good morning from a jar/);
    await writeFile(join(world.work, source), text);
  });

  it('makes it inside an image as well, where the machine needs no JDK', async () => {
    await rm(join(world.work, 'target'), { recursive: true, force: true });
    expect(await states('hello-inside')).toEqual(['2/3 cached (asked)', '3/3 end', 'hello-inside prebuild 1/1 end']);
    expect(await said('hello-inside')).toMatch(line);
    expect(await readdir(world.work)).not.toContain('target');
    await world.assertClean();
  });
});
