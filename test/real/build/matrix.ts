/** What a whole run of cases shares: a registry with all their bases. */
import type { BaseImage } from '../../support/bases/base-image.ts';
import type { StrakeWorld } from '../../support/cli.ts';
import { layoutSource } from '../../support/image-source.ts';
import { readImage, type TestImage } from '../../support/images.ts';
import { startRegistry } from '../../support/servers/registry.ts';
import { caseBases } from './bases.ts';
import { expectationOf, type Expectation, type Outcome } from './outcome.ts';
import type { Case } from './case.ts';

export interface Matrix extends AsyncDisposable {
  /** Of the registry, as in references. */
  readonly host: string;
  readonly bases: ReadonlyMap<string, BaseImage>;
  /** What the files of a case should say, if this is what should come out of it. */
  expectation(one: Case, outcome: Outcome, world: StrakeWorld): Expectation;
}

export async function openMatrix(): Promise<Matrix> {
  const registry = await startRegistry();
  const bases = await caseBases();
  await Promise.all([...bases].map(([name, base]) => base.pushTo(registry, `base/${name}`)));
  const images = await readBases(bases);
  return {
    host: registry.host,
    bases,
    expectation: (one, outcome, world) => expectationOf(one, outcome, images, [`${registry.host}/`, world.work]),
    [Symbol.asyncDispose]: () => registry.stop(),
  };
}

async function readBases(bases: ReadonlyMap<string, BaseImage>): Promise<TestImage[]> {
  const machines = ['amd64', 'arm64'].map((architecture) => ({ platform: { os: 'linux', architecture } }));
  const all = [...bases].flatMap(([name, { directory }]) =>
    (name === 'busybox-multi' ? machines : [{}]).map((options) => readImage(layoutSource(directory), options)),
  );
  return Promise.all(all);
}
