import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import {
  fromUtf8,
  hostPath,
  parsePlatform,
  resolvePath,
  rootPath,
  runImage,
  type Env,
  type JobMount,
  type Platform,
} from '../../core/index.ts';
import type { Invocation, Run } from '../command.ts';
import { openSession } from '../session.ts';
import { usageProblem } from '../usage.ts';

/** `strake run`: gives the command's own exit status. */
export const run: Run = async (invocation, cli) => {
  const image = invocation.words[0];
  if (image === undefined) throw usageProblem(invocation, 'Which image?');
  await using session = await openSession(invocation, cli);
  const { world, builder } = session;
  const workshop = await builder.workshop();
  await using _ = workshop.scope;
  const { status } = await runImage(
    {
      image,
      command: invocation.rest,
      env: invocation.list('env').flatMap((pair) => variable(pair, world.env)),
      mounts: invocation.list('volume').map((text) => mount(text, invocation, world.cwd)),
      network: invocation.text('network') === 'none' ? 'none' : 'host',
      platform: platformOf(invocation, world.host),
      ...given('entrypoint', invocation),
      ...given('workdir', invocation),
      ...given('user', invocation),
    },
    workshop,
  );
  return status;
};

const given = <K extends string>(flag: K, invocation: Invocation): { [P in K]?: string } => {
  const text = invocation.text(flag);
  return (text === undefined ? {} : { [flag]: text }) as { [P in K]?: string };
};

function platformOf(invocation: Invocation, host: Platform): Platform {
  const text = invocation.text('platform');
  return text === undefined ? host : parsePlatform(text, host);
}

/** `NAME=value`, or `NAME` with the value it has here. */
function variable(pair: string, env: Env): (readonly [string, string])[] {
  const cut = pair.indexOf('=');
  if (cut !== -1) return [[pair.slice(0, cut), pair.slice(cut + 1)]];
  const value = env[pair];
  return value === undefined ? [] : [[pair, value]];
}

/** `host:image`, `host:image:ro` */
function mount(text: string, invocation: Invocation, cwd: string): JobMount {
  const [source, target, mode = 'rw', ...more] = text.split(':');
  if (!source || !target || !isAbsolute(target) || !['ro', 'rw'].includes(mode) || more.length > 0)
    throw usageProblem(
      invocation,
      `--volume is "${text}"; it must be HOST:IMAGE or HOST:IMAGE:ro, with an absolute path in the image.`,
    );
  if (!existsSync(resolve(cwd, source)))
    throw usageProblem(invocation, `--volume is "${text}", and there is no ${source} on this machine.`);
  return {
    source: hostPath(resolve(cwd, source)),
    target: resolvePath(rootPath, fromUtf8(target)),
    readOnly: mode === 'ro',
  };
}
