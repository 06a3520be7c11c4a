import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { programFor } from '../../support/checkout.ts';
import { requirements } from '../../support/needs.ts';
import {
  asUserArgv,
  userEnv,
  userWithoutSubuids,
  userWithSubuids,
  type OrdinaryUser,
} from '../../support/ordinary-user.ts';
import { cleanEnv, run } from '../../support/process.ts';
import { tempDir } from '../../support/temp-dir.ts';

const { suite } = await requirements(import.meta.url, ['root', 'mounts', 'subuid-user', 'userns', 'busybox-static']);

interface Line {
  readonly name: string;
  readonly skipped?: string;
  readonly error?: string;
}

/** What an isolation with one id says of itself, and what is meant for those that cannot RUN or do not work. */
const usual = ['it works here', 'it can RUN'];

/** A worker is started for every check. */
const long = { timeout: 600_000 };

suite('the overlay keeps what the contract promises', () => {
  test('as root', long, async () => {
    const lines = await checkAs(undefined);
    expect(lines.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(reasons(lines)).toEqual(usual);
  });

  test('as a user with a range of ids', long, async () => {
    const lines = await checkAs(await userWithSubuids());
    expect(lines.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(reasons(lines)).toEqual(usual);
  });

  test('as a user with a single id', long, async () => {
    const lines = await checkAs(await userWithoutSubuids());
    expect(lines.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(reasons(lines)).toEqual([...usual, 'it has one id']);
  });
});

const reasons = (lines: readonly Line[]): string[] => [
  ...new Set(lines.flatMap(({ skipped }) => (skipped === undefined ? [] : [skipped]))),
];

/** The checks in a process of the user's, from the sources the user can read. */
async function checkAs(user: OrdinaryUser | undefined): Promise<Line[]> {
  await using temp = await tempDir('contract', 0o777);
  const { node, script } = await programFor(user, temp.path);
  const here = fileURLToPath(new URL('.', import.meta.url));
  const folder = join(dirname(dirname(script)), 'test/real/contract');
  if (`${folder}/` !== here) {
    await mkdir(folder, { recursive: true });
    await copyFile(join(here, 'driver.ts'), join(folder, 'driver.ts'));
  }
  const argv = [node, join(folder, 'driver.ts')];
  const env = { ...(user ? userEnv(user) : cleanEnv()), TMPDIR: temp.path };
  const { stdout } = await run(user ? asUserArgv(user, argv) : argv, { env, cwd: '/', timeout: 540_000 });
  const lines = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
  expect(lines.length).toBeGreaterThan(30);
  return lines;
}
