/** Runs the checks of isolations in a process of its own, as whoever starts it; one line of JSON for each. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isolationContract, type Tree } from '../../../core/testing/index.ts';
import { hostIsolations } from '../../../plugins/host-isolations/index.ts';

const applets = execFileSync('/bin/busybox', ['--list'], { encoding: 'utf8' }).trim().split('\n');
const base: Tree = {
  '/bin/busybox': { file: readFileSync('/bin/busybox'), mode: 0o755 },
  ...Object.fromEntries(
    applets.filter((name) => name !== 'busybox').map((name) => [`/bin/${name}`, { link: 'busybox' }]),
  ),
};

for (const check of isolationContract(() => ({ plugin: hostIsolations(), name: 'overlay', base }))) {
  const outcome = await check.run().then(
    ({ skipped }) => ({ skipped }),
    (error: Error) => ({ error: error.stack ?? String(error) }),
  );
  process.stdout.write(`${JSON.stringify({ name: check.name, ...outcome })}\n`);
}
