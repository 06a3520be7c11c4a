import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ImagePath } from '../../../core/base/brand.ts';
import { exists } from '../../support/cache.ts';
import { assertNothingLeft } from '../../support/leftovers.ts';
import { requirements } from '../../support/needs.ts';
import { run } from '../../support/process.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { waitFor } from '../../support/wait.ts';
import { busyboxItems, openBench, plainItems, ranks, type Bench } from './bench.ts';
import type { Outcome, Scenario } from './scenario.ts';

const { suite } = await requirements(import.meta.url, ['root', 'mounts', 'subuid-user', 'userns', 'busybox-static']);

for (const rank of ranks) {
  suite(`after a kill -9, ${rank}`, () => {
    let temp: TempDir;
    let bench: Bench;
    let base: string;
    beforeAll(async () => {
      temp = await tempDir('killed');
      bench = await openBench(rank, temp);
      base = await bench.tar('base', rank === 'single' ? plainItems() : busyboxItems());
    });
    afterAll(async () => temp.remove());

    /** A driver in the middle of a step that has processes in sessions of their own. */
    const underway = async (marker: string) => {
      const signals = temp.at(`${rank}-${marker}`);
      await mkdir(signals, { recursive: true });
      await run(['chmod', '777', signals]);
      const script = `echo half >/half; (setsid sh -c "sleep 1000; : ${marker}" &); setsid sleep 1000 & touch /signals/begun; sleep 1000; : ${marker}`;
      const mounts = [{ source: signals as never, target: '/signals' as ImagePath, readOnly: false }];
      const scenario: Scenario = {
        store: bench.store,
        rank,
        layers: [base],
        actions: [
          { do: 'run', job: { script, mounts } },
          { do: 'run', job: { script: 'echo again' } },
        ],
      };
      const { argv, env } = await bench.command();
      const driver = spawn(argv[0]!, argv.slice(1), { env, stdio: ['pipe', 'pipe', 'pipe'], cwd: '/' });
      driver.stdin.end(JSON.stringify(scenario));
      const said = text(driver.stdout);
      const complained = text(driver.stderr);
      await waitFor('the step to begin', async () => ((await exists(`${signals}/begun`)) ? true : undefined));
      return { driver, said, complained };
    };

    const sleepers = async (): Promise<number> => {
      let found = 0;
      for (const pid of await readdir('/proc')) {
        const line = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
        const root = line.startsWith('sleep\x001000');
        if (root) found++;
      }
      return found;
    };

    const workerOf = async (store: string): Promise<number> => {
      for (const pid of await readdir('/proc')) {
        const line = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
        if (
          line.includes('worker/main.ts') &&
          line.includes(store) &&
          !line.startsWith('setpriv') &&
          !line.startsWith('sh')
        )
          return Number(pid);
      }
      throw new Error('there is no worker');
    };

    const expectClean = async (marker: string): Promise<void> => {
      await assertNothingLeft({ marker, directories: [bench.directory] }, 10_000);
      expect(await sleepers()).toBe(0);
      const [ran, changes] = await bench.run(
        [base],
        [{ do: 'run', job: { script: 'test -e /half || echo whole' } }, { do: 'changes' }],
      );
      expect(ran!.out).toBe('whole\n');
      expect(changes!.changes).toEqual([]);
      const [flavour] = await readdir(`${bench.store}/layers`);
      expect(await readdir(`${bench.store}/layers/${flavour!}/work`)).toEqual([]);
      expect(await readdir(`${bench.store}/tmp`)).toEqual([]);
    };

    it('of the whole program nothing is left', async () => {
      const { driver } = await underway('whole-program');
      driver.kill('SIGKILL');
      await once(driver, 'close');
      await expectClean('whole-program');
    });

    it('of the worker nothing is left, and the build says so', async () => {
      const { driver, said } = await underway('worker-alone');
      process.kill(await workerOf(bench.store), 'SIGKILL');
      await once(driver, 'close');
      const outcomes = (await said)
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Outcome);
      expect(outcomes.map(({ error }) => error?.code)).toEqual(['WORKER_ENDED', 'WORKER_ENDED']);
      await expectClean('worker-alone');
    });

    it('a build that is interrupted ends its steps', async () => {
      const { driver, complained } = await underway('interrupted');
      driver.kill('SIGTERM');
      await once(driver, 'close');
      expect(await complained).toBe('');
      await expectClean('interrupted');
    });
  });
}
