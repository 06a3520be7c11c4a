import * as z from 'zod/mini';
import type { DiffId } from '../base/brand.ts';
import type { Json } from '../base/canonical-json.ts';
import { asDiffId } from '../base/digest.ts';
import { problem } from '../base/errors.ts';
import type { HistoryEntry, ImageConfig, Pairs, RuntimeConfig } from './image.ts';
import { count, digest, firstIssue, given, keySet, maybe, text, textMap, texts } from './json-schema.ts';

const nanoseconds = z.number().check(z.int());

const healthcheck = z.object({
  Test: maybe(texts),
  Interval: maybe(nanoseconds),
  Timeout: maybe(nanoseconds),
  StartPeriod: maybe(nanoseconds),
  StartInterval: maybe(nanoseconds),
  Retries: maybe(count),
});

const known = {
  User: maybe(text),
  ExposedPorts: maybe(keySet),
  Env: maybe(texts),
  Entrypoint: maybe(texts),
  Cmd: maybe(texts),
  Volumes: maybe(keySet),
  WorkingDir: maybe(text),
  Labels: maybe(textMap),
  StopSignal: maybe(text),
  ArgsEscaped: maybe(z.boolean()),
  Healthcheck: maybe(healthcheck),
  OnBuild: maybe(texts),
  Shell: maybe(texts),
};
const runtime = z.looseObject(known);

const history = z.object({
  created: maybe(text),
  created_by: maybe(text),
  author: maybe(text),
  comment: maybe(text),
  empty_layer: maybe(z.boolean()),
});

const image = z.object({
  architecture: maybe(text),
  os: maybe(text),
  variant: maybe(text),
  'os.version': maybe(text),
  'os.features': maybe(texts),
  created: maybe(text),
  author: maybe(text),
  config: maybe(runtime),
  rootfs: z.object({ type: z.literal('layers'), diff_ids: maybe(z.array(digest)) }),
  history: maybe(z.array(history)),
});

/** Facts about the container an image was once committed from; they say nothing about the image. */
const leftOver: ReadonlySet<string> = new Set(
  'Hostname Domainname AttachStdin AttachStdout AttachStderr Tty OpenStdin StdinOnce Image NetworkDisabled MacAddress'.split(
    ' ',
  ),
);

const invalid = (reason: string) => problem('IMAGE_CONFIG_INVALID', { reason });

/** Reads an image config as docker, BuildKit and others write them. */
export function readConfig(bytes: Uint8Array): ImageConfig {
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw invalid('it is no JSON');
  }
  const read = z.safeParse(image, content);
  if (!read.success) throw invalid(firstIssue(read.error));
  const { data } = read;
  return given({
    // Images of 2013 say neither; there was but one platform.
    platform: given({
      os: data.os || 'linux',
      architecture: data.architecture || 'amd64',
      variant: data.variant || undefined,
      osVersion: data['os.version'] || undefined,
      osFeatures: data['os.features'],
    }),
    created: data.created,
    author: data.author || undefined,
    config: toRuntimeConfig(data.config ?? {}),
    diffIds: (data.rootfs.diff_ids ?? []).map((id): DiffId => asDiffId(id)),
    history: (data.history ?? []).map(toHistory),
  });
}

function toRuntimeConfig(read: z.infer<typeof runtime>): RuntimeConfig {
  const extra = Object.entries(read).filter(
    ([name, value]) => !(name in known) && !leftOver.has(name) && value !== null,
  ) as [string, Json][];
  return given({
    user: read.User || undefined,
    exposedPorts: read.ExposedPorts ?? [],
    env: toPairs(read.Env ?? []),
    entrypoint: read.Entrypoint,
    cmd: read.Cmd,
    volumes: read.Volumes ?? [],
    workingDir: read.WorkingDir || undefined,
    labels: read.Labels ?? [],
    stopSignal: read.StopSignal || undefined,
    argsEscaped: read.ArgsEscaped || undefined,
    healthcheck: read.Healthcheck && toHealthcheck(read.Healthcheck),
    onBuild: read.OnBuild ?? [],
    shell: read.Shell,
    extra: extra.length > 0 ? extra : undefined,
  });
}

/** A variable that stands twice has the value it got last. Windows has names that begin with `=`. */
function toPairs(env: readonly string[]): Pairs {
  const pairs = new Map<string, string>();
  for (const line of env) {
    const equals = line.indexOf('=', 1);
    pairs.set(equals === -1 ? line : line.slice(0, equals), equals === -1 ? '' : line.slice(equals + 1));
  }
  return [...pairs];
}

const toHealthcheck = (read: z.infer<typeof healthcheck>) =>
  given({
    test: read.Test,
    interval: read.Interval,
    timeout: read.Timeout,
    startPeriod: read.StartPeriod,
    startInterval: read.StartInterval,
    retries: read.Retries,
  });

const toHistory = (read: z.infer<typeof history>): HistoryEntry =>
  given({
    created: read.created,
    createdBy: read.created_by,
    author: read.author,
    comment: read.comment,
    emptyLayer: read.empty_layer || undefined,
  });
