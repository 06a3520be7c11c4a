/** `npm test`: runs all tests, then says what was left out and why. Arguments go to vitest. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runVariable, readNotes } from '../test/support/left-out.ts';
import { summarize, type Report } from './test-summary.ts';

const directory = mkdtempSync(join(tmpdir(), 'strake-test-run-'));
// Ordinary users find their copy of the sources in it.
chmodSync(directory, 0o755);
try {
  const reportFile = join(directory, 'report.json');
  const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
  const options = [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
    ...process.argv.slice(2),
  ];
  const child = spawn(process.execPath, [vitest, ...options], {
    stdio: 'inherit',
    env: { ...process.env, [runVariable]: directory },
  });
  // The terminal sends its interrupt to vitest as well; the summary still follows.
  process.on('SIGINT', () => undefined);
  const [code] = (await once(child, 'close')) as [number | null];
  const report = existsSync(reportFile) ? (JSON.parse(readFileSync(reportFile, 'utf8')) as Report) : undefined;
  const strict = process.env['CI'] === 'true';
  const { failed, lines } = summarize({ report, notes: readNotes(directory), status: code ?? 1, strict });
  console.log(`\n${lines.join('\n')}`);
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
