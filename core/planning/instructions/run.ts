import { fromUtf8 } from '../../base/bytes.ts';
import type { ImagePath } from '../../base/brand.ts';
import { problem } from '../../base/errors.ts';
import type { Span } from '../../base/source-text.ts';
import type { JobFile } from '../../contract/job.ts';
import { shellScript, type RunInstruction } from '../../dockerfile/index.ts';
import type { Pairs } from '../../oci/image.ts';
import { addStep, placeIn, workdirOf, type StageDraft } from '../stage-draft.ts';
import { unixPath } from '../system-path.ts';
import { shellOf } from './settings.ts';

/**
 * Where a heredoc that begins with `#!` lies while it runs. A name of our own at the root: nothing a base brings can be
 * in its way, and it is easy to keep out of a layer.
 */
const scriptPath = '/.strake/heredoc-0' as ImagePath;
/** What BuildKit's sandboxes are called. */
const usualHostname = 'buildkitsandbox';

export function planRun(draft: StageDraft, it: RunInstruction): void {
  refuse(draft, it);
  const { argv, files } = commandOf(draft, it);
  const env: Pairs = [...draft.variables];
  const proxies: Pairs = [...draft.scope.proxies].filter(([name]) => !draft.variables.has(name));
  const hostname = draft.scope.buildArgs.get('BUILDKIT_SANDBOX_HOSTNAME');
  const cwd = unixPath(workdirOf(draft), draft.platform.os);
  const user = draft.config.user ?? '';
  const job = {
    argv,
    env: [...env, ...proxies],
    cwd: fromUtf8(cwd) as string as ImagePath,
    user,
    hostname: hostname ?? usualHostname,
    network: 'host' as const,
    platform: draft.platform,
    files,
    mounts: [],
  };
  const asked: Pairs = [
    ['instruction', 'RUN'],
    ['argv', JSON.stringify(argv)],
    ...env
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [`${draft.args.has(name) ? 'arg' : 'env'} ${name}`, value] as const),
    ['cwd', cwd],
    ['user', user],
    ['network', 'default'],
    ...files.map(({ path, content }) => [`file ${path}`, content] as const),
    ...(hostname === undefined ? [] : [['hostname', hostname] as const]),
  ];
  addStep(draft, it, {
    action: { kind: 'run', job },
    createdBy: `RUN ${[...argsNote(draft), ...argv].join(' ')} # buildkit`,
    asked,
    title: draft.titles.counted(it.title, draft.trigger),
  });
}

function commandOf(draft: StageDraft, it: RunInstruction): { argv: readonly string[]; files: readonly JobFile[] } {
  const script = shellScript(it);
  if (script.kind === 'exec') return { argv: script.argv, files: [] };
  if (script.kind === 'shell') return { argv: [...shellOf(draft), script.text], files: [] };
  // A Windows shell cannot run a file by its first line, so the body is its script.
  if (draft.platform.os === 'windows') return { argv: [...shellOf(draft), script.content], files: [] };
  return {
    argv: [...shellOf(draft), scriptPath],
    files: [{ path: scriptPath, content: script.content, mode: 0o755 }],
  };
}

/** `|2 A=1 B=`: declared args with the values in force, an ENV of the same name included. */
function argsNote(draft: StageDraft): readonly string[] {
  if (draft.args.size === 0) return [];
  const shown = [...draft.args].map(([name, value]) => `${name}=${draft.variables.get(name) ?? value ?? ''}`);
  return [`|${shown.length}`, ...shown];
}

function refuse(draft: StageDraft, it: RunInstruction): void {
  const [mount] = it.mounts;
  const [device] = it.devices;
  const what: readonly [string, Span] | undefined = mount
    ? [`RUN --mount=type=${mount.type}`, mount.span]
    : it.network && it.network.text !== 'default'
      ? [`RUN --network=${it.network.text}`, it.network.span]
      : it.security && it.security.text !== 'sandbox'
        ? [`RUN --security=${it.security.text}`, it.security.span]
        : device
          ? ['RUN --device', device.span]
          : undefined;
  if (what) throw problem('NOT_YET_SUPPORTED', { what: what[0] }, { at: placeIn(draft, what[1]) });
}
