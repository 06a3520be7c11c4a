import type { HistoryEntry, ImageConfig, RuntimeConfig } from './image.ts';
import { json, list, map, object, optional, set, text, texts, type Written } from './go-json.ts';

/** Canonical bytes of an image config: members sorted on top, `config` in docker's order, as BuildKit writes it. */
export function writeConfig(image: ImageConfig): Buffer {
  const { platform } = image;
  return Buffer.from(
    object([
      ['architecture', text(platform.architecture)],
      ['author', optional(image.author)],
      ['config', writeRuntimeConfig(image.config)],
      ['created', optional(image.created)],
      ['history', image.history.length > 0 ? list(image.history.map(writeHistory)) : undefined],
      ['os', text(platform.os)],
      ['os.features', texts(platform.osFeatures)],
      ['os.version', optional(platform.osVersion)],
      [
        'rootfs',
        object([
          ['type', text('layers')],
          ['diff_ids', list(image.diffIds.map(text))],
        ]),
      ],
      ['variant', optional(platform.variant)],
    ]),
  );
}

function writeRuntimeConfig(config: RuntimeConfig): string {
  return object([
    ['User', optional(config.user)],
    ['ExposedPorts', set(config.exposedPorts)],
    ['Env', texts(config.env.map(([key, value]) => `${key}=${value}`))],
    ['Entrypoint', texts(config.entrypoint)],
    ['Cmd', texts(config.cmd)],
    ['Volumes', set(config.volumes)],
    ['WorkingDir', optional(config.workingDir)],
    ['Labels', map(config.labels)],
    ['StopSignal', optional(config.stopSignal)],
    ['ArgsEscaped', config.argsEscaped ? 'true' : undefined],
    ['Healthcheck', writeHealthcheck(config)],
    ['OnBuild', texts(config.onBuild)],
    ['Shell', texts(config.shell)],
    ...(config.extra ?? []).map(([name, value]) => [name, json(value)] as const),
  ]);
}

function writeHealthcheck({ healthcheck }: RuntimeConfig): Written {
  if (!healthcheck) return undefined;
  const { test, interval, timeout, startPeriod, startInterval, retries } = healthcheck;
  return object([
    ['Test', texts(test)],
    ['Interval', number(interval)],
    ['Timeout', number(timeout)],
    ['StartPeriod', number(startPeriod)],
    ['StartInterval', number(startInterval)],
    ['Retries', number(retries)],
  ]);
}

/** 0 means the default and is left out. */
const number = (value: number | undefined): Written => (value ? String(value) : undefined);

const writeHistory = (entry: HistoryEntry): string =>
  object([
    ['created', optional(entry.created)],
    ['created_by', optional(entry.createdBy)],
    ['author', optional(entry.author)],
    ['comment', optional(entry.comment)],
    ['empty_layer', entry.emptyLayer ? 'true' : undefined],
  ]);
