import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Invocation, Run } from '../command.ts';
import { readTemplates, renamed, type PackageNames, type TemplateKind } from '../templates.ts';
import { usageProblem } from '../usage.ts';

/** `strake new`: a package with a plugin or a preset that works and is tested, to be changed into what is wanted. */
export const run: Run = async (invocation, { host, screen }) => {
  const [kind, name, ...more] = invocation.words;
  if (kind !== 'plugin' && kind !== 'preset')
    throw usageProblem(invocation, `A new ${kind === undefined ? 'what' : `"${kind}"`}? It can be plugin or preset.`);
  if (name === undefined || more.length > 0) throw usageProblem(invocation, `A new ${kind} needs one name.`);
  const names = namesOf(name, kind, invocation);
  const folder = names.full.replace(/^@.*\//, '');
  const place = resolve(host.cwd(), folder);
  if (existsSync(place) && readdirSync(place).length > 0)
    throw usageProblem(invocation, `The folder ${folder} is there already and has something in it.`);
  const files = { '.gitignore': 'node_modules/\ndist/\n', ...renamed(readTemplates()[kind], kind, names) };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(place, path)), { recursive: true });
    writeFileSync(join(place, path), text);
  }
  screen.out(
    [
      ...Object.keys(files).map((path) => `${folder}/${path}`),
      '',
      `It works as it is: cd ${folder} && npm install && npm test`,
      '',
    ].join('\n'),
  );
  return 0;
};

/** Names of packages (npm), of which the last part also names the plugin and, in camel case, its function. */
const shape = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*$/;

function namesOf(name: string, kind: TemplateKind, invocation: Invocation): PackageNames {
  if (!shape.test(name) || name.length > 200)
    throw usageProblem(invocation, `"${name}" names no package; small letters, digits and dashes do: ${kind}-of-mine.`);
  const [, scope, last = name] = /^@(.*)\/(.*)$/.exec(name) ?? [];
  // A preset is an organisation's, a plugin is about a thing.
  if (kind === 'preset' && scope !== undefined && /^[a-z]/.test(scope)) return { full: name, short: scope };
  const short = last.replace(/^strake-(?:plugin-|preset-)?/, '');
  return { full: name, short: /^[a-z]/.test(short) ? short : last };
}
