import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BuildError, retry } from '../../core/index.ts';
import { accessWays, configuredAccess, type Access } from './access.ts';
import { gitEnv, type Bench } from './bench.ts';
import { GitFault, problemOf } from './faults.ts';
import { whereItLeads } from './follow-redirect.ts';
import type { Remote } from './location.ts';
import { problem } from './problems.ts';
import { sizeOf } from './settle-files.ts';
import { sshCommand } from './ssh-command.ts';
import { startGit, type GitEnd } from './start-git.ts';
import type { ConfigEntry } from './user-config.ts';
import type { Wanted } from './wanted.ts';

/** A repository somewhere, and how it is spoken to. */
export interface Server {
  readonly remote: Remote;
  /** Who gets what was said of credentials and certificates; `ways` is empty for all others. */
  readonly trusted: boolean;
  readonly ways: readonly Access[];
  /** What is known of it by now. */
  readonly known: { way?: Access; url?: string };
}

/** The repository of the context itself. */
export function mainServer(wanted: Wanted, { world, options }: Bench): Server {
  const { remote } = wanted.location;
  const origin = credentialOrigin(remote);
  const ways = remote.origin === undefined ? [] : accessWays(wanted.location, options, origin, world.env);
  return { remote, trusted: true, ways, known: {} };
}

/** A repository that another one names: credentials come along where it lies on the same server. */
export function otherServer(remote: Remote, wanted: Wanted, { world, options }: Bench): Server {
  const main = wanted.location.remote;
  const origin = credentialOrigin(main);
  const sameOrigin = remote.origin !== undefined && remote.origin === origin;
  const trusted = sameOrigin || (remote.transport === 'ssh' && (main.transport !== 'ssh' || main.host === remote.host));
  const ways = sameOrigin ? accessWays(wanted.location, options, origin, world.env) : [];
  return { remote, trusted, ways, known: {} };
}

/** A login is for one origin; that of a repository by ssh is the same host's on the web. */
const credentialOrigin = ({ origin, host }: Remote): string => origin ?? `https://${host}`;

export interface ServerCall {
  readonly args: readonly string[];
  /** The local side; absent: none. */
  readonly gitDir?: string;
  readonly config?: readonly ConfigEntry[];
  readonly env?: Readonly<Record<string, string>>;
  readonly outputLimit?: number;
  readonly onProgress?: (line: string) => void;
}

const attempts = 4;

/**
 * Runs git where it speaks to the server: network faults are tried again, ways to log in are tried in turn. Throws a
 * problem; a GitFault where the server did not give what was asked for by its commit or name.
 */
export async function callServer(bench: Bench, server: Server, call: ServerCall): Promise<GitEnd> {
  try {
    return await retry(
      {
        attempts,
        firstDelay: 400,
        longestDelay: 5000,
        signal: bench.world.signal,
        delayFor: (error) => (error instanceof GitFault && error.kind === 'network' ? undefined : false),
      },
      () => callOnce(bench, server, call),
    );
  } catch (error) {
    bench.world.signal.throwIfAborted();
    if (!(error instanceof GitFault) || error.kind === 'unadvertised') throw error;
    const way = server.known.way ?? server.ways[0];
    throw problemOf(error, server.remote.url, way?.explicit ? way.who : undefined);
  }
}

async function callOnce(bench: Bench, server: Server, call: ServerCall): Promise<GitEnd> {
  const ways = server.known.way ? [server.known.way] : server.ways.length > 0 ? server.ways : [configuredAccess];
  let refused: unknown;
  for (const way of ways) {
    try {
      const end = await callAs(bench, server, way, call);
      server.known.way = way;
      return end;
    } catch (error) {
      if (!(error instanceof GitFault)) throw error;
      if (error.kind !== 'login') throw error;
      // What the likeliest way was told is what the user is told.
      refused ??= error;
    }
  }
  throw refused;
}

async function callAs(bench: Bench, server: Server, way: Access, call: ServerCall): Promise<GitEnd> {
  try {
    return await start(bench, server, way, call);
  } catch (error) {
    if (!(error instanceof GitFault) || error.kind !== 'redirect' || server.known.url !== undefined) throw error;
    const url = await whereItLeads(server.remote, bench).catch((cause: unknown) => {
      if (BuildError.is(cause)) throw cause;
      throw error;
    });
    if (url === undefined) throw error;
    server.known.url = url;
    return start(bench, server, way, call);
  }
}

async function start(bench: Bench, server: Server, way: Access, call: ServerCall): Promise<GitEnd> {
  const { world, patience, folder } = bench;
  const url = server.known.url ?? server.remote.url;
  const config = [['remote.origin.url', url], ...trustConfig(server, bench), ...(call.config ?? []), ...way.config];
  const end = await startGit(call.gitDir === undefined ? call.args : [`--git-dir=${call.gitDir}`, ...call.args], {
    env: gitEnv(withoutLogins(bench, way), config as ConfigEntry[], {
      GIT_ALLOW_PROTOCOL: protocols(server, bench),
      GIT_SSH_COMMAND: sshCommand(bench.options, server.trusted, world.env, bench.user.entries),
      ...way.env,
      ...call.env,
    }),
    cwd: folder,
    signal: world.signal,
    patience,
    signOfLife: call.gitDir === undefined ? undefined : () => fetchedSize(call.gitDir!),
    ...(call.outputLimit !== undefined && { outputLimit: call.outputLimit }),
    ...(call.onProgress && { onProgress: call.onProgress }),
  });
  if (end.stalled) throw problem('STALLED', { url: server.remote.url, seconds: patience });
  if (end.status !== 0 && !end.overflowed) throw new GitFault(call.args[0]!, end.stderr, way.secrets);
  return end;
}

/** All that git may speak, whatever a repository says: no programs, and files of this machine only where that is asked. */
function protocols({ remote }: Server, { world, user }: Bench): string {
  const mirrors = user.entries.some(([key]) => /^url\.(?:file:|\/)/i.test(key));
  const spoken = remote.transport === 'file' || mirrors ? ['file'] : [];
  if (remote.transport !== 'file') spoken.push('https', 'http', 'ssh', 'git');
  const allowed = world.env['GIT_ALLOW_PROTOCOL']?.split(':');
  return spoken.filter((one) => allowed?.includes(one) ?? true).join(':');
}

/** Bytes of what was fetched so far, by git and by Git LFS. */
const fetchedSize = (gitDir: string): number =>
  ['objects/pack', 'lfs']
    .map((name) => join(gitDir, name))
    .filter((folder) => existsSync(folder))
    .reduce((sum, folder) => sum + sizeOf(folder), 0);

/** An authorization of the configuration would be sent besides the one that was asked for. */
function withoutLogins(bench: Bench, { explicit }: Access): Bench {
  if (!explicit) return bench;
  const isLogin = ([key, value]: ConfigEntry): boolean =>
    /^http\..*extraheader$/i.test(key) && /^authorization:/i.test(value);
  return { ...bench, user: { ...bench.user, entries: bench.user.entries.filter((entry) => !isLogin(entry)) } };
}

function trustConfig({ remote, trusted }: Server, { options }: Bench): ConfigEntry[] {
  const { origin } = remote;
  if (origin === undefined || !trusted) return [];
  const entries: [string, string | undefined][] = [
    ['sslCAInfo', options.ca],
    ['sslCert', options.cert],
    ['sslKey', options.key],
    ['sslVerify', options['insecure-skip-tls'] === true ? 'false' : undefined],
  ];
  return entries.flatMap(([name, value]) => (value === undefined ? [] : [[`http.${origin}/.${name}`, value] as const]));
}
