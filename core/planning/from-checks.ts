import { BuildError } from '../base/errors.ts';
import { nearest } from '../base/suggest.ts';
import { expandWord, type Dockerfile, type ExpandedWord, type Stage } from '../dockerfile/index.ts';
import type { Platform } from '../oci/image.ts';
import { parseReference } from '../oci/reference.ts';
import type { PlanImage } from './input.ts';
import type { CheckRules, Remarks } from './remarks.ts';
import { scopeOf } from './variables.ts';

/** What reading FROM lines takes. */
export interface FromReading {
  readonly image: PlanImage;
  readonly host: Platform;
  readonly target: Platform;
  readonly globals: ReadonlyMap<string, string>;
  readonly rules: CheckRules;
  readonly remarks: Remarks;
}

/** A variable of FROM that no ARG before the first FROM declares. One declared without a value is declared. */
export function checkFromArguments(unset: readonly string[], stage: Stage, it: FromReading): void {
  const declared = new Set(it.image.dockerfile.globalArgs.flatMap(({ args }) => args.map(({ name }) => name)));
  for (const name of unset) {
    if (declared.has(name)) continue;
    const near = nearest(name, [...declared, ...it.globals.keys()]);
    remark(
      it,
      stage,
      'UndefinedArgInFrom',
      `FROM argument '${name}' is not declared${near ? ` (did you mean ${near}?)` : ''}`,
    );
  }
}

/** `--platform=$TARGETPLATFORM` says what holds anyway. */
export function checkRedundantPlatform(expanded: ExpandedWord, stage: Stage, it: FromReading): void {
  if (expanded.read.length !== 1 || expanded.read[0] !== 'TARGETPLATFORM') return;
  if (expanded.text !== it.globals.get('TARGETPLATFORM')) return;
  const flag = stage.from.platform!.text;
  const message = `Setting platform to predefined ${flag} in FROM is redundant as this is the default behavior`;
  remark(it, stage, 'RedundantTargetPlatform', message);
}

/** A fixed platform is fine where the stage's name tells of it. */
export function checkConstantPlatform(text: string, platform: Platform, stage: Stage, it: FromReading): void {
  const name = stage.name ?? '';
  if (name.includes(platform.os) || name.includes(platform.architecture)) return;
  const message = `FROM --platform flag should not use constant value "${text}"`;
  remark(it, stage, 'FromPlatformFlagConstDisallowed', message);
}

/** Every FROM should name an image when nobody gives build arguments. */
export function checkDefaultBaseNames(
  dockerfile: Dockerfile,
  defaults: () => ReadonlyMap<string, string>,
  it: { readonly rules: CheckRules; readonly remarks: Remarks },
): void {
  for (const stage of dockerfile.stages) {
    const { image } = stage.from;
    const text = defaultText(() => expandWord(image.text, scopeOf(defaults()), dockerfile.directives.escape).text);
    if (text === undefined || isReference(text)) continue;
    const message = `Default value for ARG ${image.text} results in empty or invalid base image name`;
    remark(it, stage, 'InvalidDefaultArgInFrom', message);
  }
}

/** `${BASE:?is needed}` says by itself that there is no default. */
function defaultText(expand: () => string): string | undefined {
  try {
    return expand();
  } catch (error) {
    if (BuildError.is(error)) return undefined;
    throw error;
  }
}

const remark = (
  it: { readonly rules: CheckRules; readonly remarks: Remarks },
  { from }: Stage,
  rule: string,
  message: string,
): void => it.remarks.add(rule, message, from.span, it.rules, from.skippedChecks);

/** Could it be the name of an image? Whether it is one, the look-up tells. */
function isReference(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch (error) {
    if (BuildError.is(error)) return false;
    throw error;
  }
}
