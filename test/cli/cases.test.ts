import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { CliCase } from './case.ts';
import { cliFolder, type CliFolder, type Outcome } from './run-cli.ts';

/** A folder a case: `case.ts` says what is typed where, `screen.txt` what comes out. UPDATE=1 writes them anew. */
const folder = fileURLToPath(new URL('./cases', import.meta.url));

test.each(readdirSync(folder))('%s', { timeout: 30_000 }, async (name) => {
  const { default: given } = (await import(join(folder, name, 'case.ts'))) as { default: CliCase };
  using project = cliFolder(given.files);
  const options = { ...(given.env && { env: given.env }), ...(given.stdin !== undefined && { stdin: given.stdin }) };
  for (const argv of given.before ?? []) await project.run(argv, options);
  const screen = screenText(given, await project.run(given.argv, options), project);
  const path = join(folder, name, 'screen.txt');
  if (process.env['UPDATE'] === '1') writeFileSync(path, screen);
  expect(screen).toBe(readFileSync(path, 'utf8'));
});

function screenText({ argv, shows = [] }: CliCase, { status, stdout, stderr }: Outcome, project: CliFolder): string {
  const files = shows.map((file) => `--- ${file}\n${readFileSync(join(project.path, file), 'utf8')}`);
  const text = [
    `$ strake ${argv.map((word) => (/[^\w./=,:@-]/.test(word) ? `'${word}'` : word)).join(' ')}`,
    `=> ${status}`,
    ...(stdout === '' ? [] : [`--- stdout\n${stdout}`]),
    ...(stderr === '' ? [] : [`--- stderr\n${stderr}`]),
    ...files,
  ].join('\n');
  return settled(text, project);
}

/** What differs between two runs of the same, or with how layers are packed; equal digests stay equal. */
function settled(text: string, project: CliFolder): string {
  const digests = new Map<string, string>();
  const numbered = (digest: string): string => {
    digests.set(digest, digests.get(digest) ?? `sha256:<${digests.size + 1}>`);
    return digests.get(digest)!;
  };
  return text
    .replaceAll(project.path, '<project>')
    .replaceAll(join(project.path, '..'), '<home>')
    .replace(/\d+\.\d+ (?=s\b)/g, 'N ')
    .replace(/\d+\.\d (?=ms\b)/g, 'N ')
    .replace(/strake@\d+\.\d+\.\d+/g, 'strake@<version>')
    .replace(/(?<=^#\d+ )\d+\.\d\d(?= )/gm, 'N')
    .replace(/"(ms_since_start|ms|size)":( ?)[\d.]+/g, '"$1":$2N')
    .replace(/"step":"[0-9a-f]{24}"/g, '"step":"<id>"')
    .replace(/\d+ B in (?=[1-9])/g, 'N B in ')
    .replace(/sha256:[0-9a-f]{64}/g, numbered)
    .replace(/(?<=^\S+ +)[0-9a-f]{12}(?= )/gm, '<digest>')
    .replace(/\d{4}-\d\d-\d\d[T -]\d\d[:-]\d\d[\w:.-]*/g, '<date>');
}
