import { join, resolve } from 'node:path';
import { storeFolder, type BuildResult } from '../../core/index.ts';
import type { Cli, Invocation, Run } from '../command.ts';
import { failureMetadata, successMetadata, writeIds, writeJson } from '../metadata.ts';
import { keepHookTimes } from '../hook-times.ts';
import { chooseRenderer } from '../render/choose.ts';
import { exitStatus, problemsOf, reportFailure } from '../render/failure.ts';
import { both } from '../render/reporter.ts';
import { styleFor, wantsColour } from '../render/style.ts';
import { summaryText, timingsText } from '../render/summary.ts';
import { askedRequests, isContext } from '../requests.ts';
import { openSession, type Session } from '../session.ts';
import { stepLogs } from '../step-logs.ts';

/** `strake build` */
export const run: Run = async (invocation, cli) => {
  const renderer = chooseRenderer(invocation, cli);
  const logs = stepLogs(
    join(storeFolder(cli.host.env, cli.host.env['HOME'] ?? '/'), 'logs'),
    cli.signal,
    () => new Date(),
  );
  const shown = both(logs, renderer);
  const begun = performance.now();
  try {
    await using session = await openSession(invocation, cli, {
      renderer: shown,
      withoutConfig: invocation.words.some(isContext),
    });
    const results = await buildImages(invocation, cli, session);
    shown.close();
    show(results, performance.now() - begun, invocation, cli);
    if (invocation.on('debug')) cli.screen.err(timingsText(session.builder.installed.timings()));
    return 0;
  } catch (error) {
    shown.close();
    const metadata = fileOf('metadata-file', invocation, cli);
    if (metadata !== undefined) writeJson(metadata, failureMetadata(problemsOf(error), exitStatus(problemsOf(error))));
    return reportFailure(error, cli, { debug: invocation.on('debug'), logOf: logs.logOf });
  }
};

/** The results of the images that were asked for; those they stand on are built and not spoken of. */
async function buildImages(invocation: Invocation, cli: Cli, session: Session): Promise<readonly BuildResult[]> {
  const { requests, names } = askedRequests(invocation, session);
  const results = (await session.builder.build(requests)).filter(({ image }) => names.includes(image));
  keepHookTimes({ dir: session.place.dir, timings: session.builder.installed.timings() }, cli.host.env);
  const metadata = fileOf('metadata-file', invocation, cli);
  if (metadata !== undefined) writeJson(metadata, successMetadata(results));
  const ids = fileOf('iidfile', invocation, cli);
  if (ids !== undefined) writeIds(ids, results);
  return results;
}

function fileOf(flag: string, invocation: Invocation, { host }: Cli): string | undefined {
  const path = invocation.text(flag);
  return path === undefined ? undefined : resolve(host.cwd(), path);
}

function show(results: readonly BuildResult[], ms: number, invocation: Invocation, { screen, host }: Cli): void {
  const style = styleFor(wantsColour(screen.outIsTerminal, host.env));
  screen.out(summaryText({ results, ms }, invocation.on('quiet') ? 'quiet' : 'full', style));
}
