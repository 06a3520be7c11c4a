import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Files by their paths. */
export type Template = Readonly<Record<string, string>>;
export type TemplateKind = 'plugin' | 'preset';
export type Templates = Readonly<Record<TemplateKind, Template>>;

/** What is written anew is an example with other names: the examples are tested, so what is made of them works. */
const examples: Readonly<Record<TemplateKind, string>> = { plugin: 'plugin-template', preset: 'org-preset' };

/** Reads the templates out of the folder of examples. */
export const collectTemplates = (folder: string): Templates => ({
  plugin: filesBelow(join(folder, examples.plugin)),
  preset: filesBelow(join(folder, examples.preset)),
});

/** Of the published package, where they are one file, or of a checkout. */
export function readTemplates(): Templates {
  const packed = fileURLToPath(new URL('../templates.json', import.meta.url));
  if (existsSync(packed)) return JSON.parse(readFileSync(packed, 'utf8')) as Templates;
  return collectTemplates(fileURLToPath(new URL('../examples', import.meta.url)));
}

/** What installing and compiling leave there. */
const made = new Set(['node_modules', 'dist', 'package-lock.json']);

function filesBelow(folder: string, prefix = ''): Template {
  const files: [string, string][] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (made.has(entry.name)) continue;
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory()) files.push(...Object.entries(filesBelow(join(folder, entry.name), `${path}/`)));
    else files.push([path, readFileSync(join(folder, entry.name), 'utf8')]);
  }
  return Object.fromEntries(files);
}

/** The names a package, and what is in it, get. */
export interface PackageNames {
  /** As `package.json` has it: `@acme/strake-thing`. */
  readonly full: string;
  /** Of the plugin or preset: without scope and the usual prefix, `thing`. */
  readonly short: string;
}

/** Words of the language that are in none of the templates. */
const reserved =
  /^(?:break|case|catch|class|continue|debugger|delete|do|else|enum|finally|function|in|instanceof|interface|let|new|null|package|private|protected|public|static|super|switch|this|throw|true|try|typeof|var|void|while|with|yield|arguments|eval)$/;

/** In camel case; with a suffix where the language or the template has that word already. */
function identifier(name: string, template: Template): string {
  const camel = name.replace(/[-._]+(.)/g, (_, letter: string) => letter.toUpperCase());
  const isTaken = reserved.test(camel) || Object.values(template).some((text) => text.split(/[^\w$]+/).includes(camel));
  return isTaken ? `${camel}Plugin` : camel;
}

/** A template under other names: package, plugin or preset, identifiers. */
export function renamed(template: Template, kind: TemplateKind, { full, short }: PackageNames): Template {
  const camel = identifier(short, template);
  const pascal = `${camel[0]!.toUpperCase()}${camel.slice(1)}`;
  const words: readonly (readonly [string, string])[] =
    kind === 'plugin'
      ? [
          ['strake-plugin-version-file', full],
          ['version-file', short],
          ['versionFile', camel],
          ['VersionFile', pascal],
        ]
      : [
          ['@acme/container-preset', full],
          ['acmePreset', `${camel.replace(/(?:Plugin|Preset)$/, '')}Preset`],
          ['AcmeOptions', `${pascal}Options`],
          ['ACME', short],
          ['acme', short],
        ];
  const replace = (text: string): string =>
    text.replace(
      new RegExp(words.map(([old]) => old).join('|'), 'g'),
      (old) => words.find(([word]) => word === old)![1],
    );
  return Object.fromEntries(Object.entries(template).map(([path, text]) => [replace(path), replace(text)]));
}
