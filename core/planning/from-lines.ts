import { locate, problem } from '../base/errors.ts';
import type { Span } from '../base/source-text.ts';
import { expandWord, type Stage } from '../dockerfile/index.ts';
import type { Platform } from '../oci/image.ts';
import { checkConstantPlatform, checkFromArguments, checkRedundantPlatform, type FromReading } from './from-checks.ts';
import { parsePlatform } from '../oci/platform.ts';
import { parseReference } from '../oci/reference.ts';
import { fromSource, namedContext, type Source } from './sources.ts';
import { scopeOf } from './variables.ts';

/** A FROM with its variables put in. */
export interface FromLine {
  readonly stage: Stage;
  readonly source: Source;
  /** The name after expansion. */
  readonly text: string;
  /** As given by `--platform`, else the target's. */
  readonly platform: Platform;
  /** A named context of the stage's own name stands for all of it, its instructions included. */
  readonly replaced: boolean;
}

/** Every FROM of a Dockerfile, also those whose stage nobody needs: mistakes there are mistakes all the same. */
export const readFromLines = (it: FromReading): readonly FromLine[] =>
  it.image.dockerfile.stages.map((stage) => {
    const text = baseName(stage, it);
    const platform = platformOf(stage, it) ?? it.target;
    const replacement = stage.name === undefined ? undefined : namedContext(stage.name, it.image, platform);
    const source = replacement ?? fromSource(text, stage.index, it.image, platform);
    return { stage, source, text, platform, replaced: replacement !== undefined };
  });

function baseName(stage: Stage, it: FromReading): string {
  const { image } = stage.from;
  const { text, unset } = expandWord(
    image.text,
    scopeOf(it.globals),
    it.image.dockerfile.directives.escape,
    image.span,
  );
  checkFromArguments(unset, stage, it);
  if (text === '' || (unset.length > 0 && !isName(text)))
    throw problem('BASE_NAME_EMPTY', { text: image.text, unset, left: text }, { at: image.span });
  return text;
}

function isName(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch {
    return false;
  }
}

function platformOf(stage: Stage, it: FromReading): Platform | undefined {
  const word = stage.from.platform;
  if (!word) return undefined;
  const expanded = expandWord(word.text, scopeOf(it.globals), it.image.dockerfile.directives.escape, word.span);
  checkFromArguments(expanded.unset, stage, it);
  checkRedundantPlatform(expanded, stage, it);
  if (expanded.text === '') throw problem('PLATFORM_EMPTY', { text: word.text }, { at: word.span });
  const platform = platformNamed(expanded.text, it.host, word.span);
  if (expanded.read.length === 0) checkConstantPlatform(expanded.text, platform, stage, it);
  return platform;
}

function platformNamed(text: string, host: Platform, at: Span): Platform {
  try {
    return parsePlatform(text, host);
  } catch (error) {
    throw locate(error, { at });
  }
}
