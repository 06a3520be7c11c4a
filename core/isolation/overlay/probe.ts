import { accessSync, constants, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { spawnInside, type Entrance } from './enter-namespaces.ts';
import { findIdMaps, readText, type ReadText } from './id-maps.ts';
import { findProgram } from './programs.ts';
import { whatForbids } from './refusals.ts';

/** What the isolation can do here, and how it was found out. */
export interface OverlayProbe {
  /** Absent: it does not work here. */
  readonly found?: { readonly entrance: Entrance; readonly freshProc: boolean };
  readonly findings: readonly string[];
  readonly enable: readonly string[];
}

export interface ProbeOptions {
  readonly uid: number;
  readonly gid: number;
  /** Where the store is, or will be. */
  readonly store: string;
  /** Where programs are looked for. */
  readonly path: string;
}

const needed = ['setpriv', 'unshare', 'sh', 'cat'] as const;
const overlayMagic = 0x794c7630;

/** Tries what steps need, from the most able way down. Takes some milliseconds and leaves nothing behind. */
export async function probeOverlay(options: ProbeOptions): Promise<OverlayProbe> {
  const absent = needed.filter((program) => findProgram(program, options.path) === undefined);
  if (absent.length > 0)
    return {
      findings: [`programs: there is no ${absent.join(', ')}`],
      enable: ['install util-linux (setpriv, unshare)'],
    };
  const place = existing(options.store);
  if (statfsSync(place).type === overlayMagic)
    return {
      findings: [`STORE_ON_OVERLAY: ${options.store} lies on an overlay, on which no other one can be mounted`],
      enable: ['set STRAKE_HOME to a directory on a volume: in a container, one that is mounted into it'],
    };
  const closed = refusalOf(place);
  if (closed !== undefined)
    return {
      findings: [`nothing can be written to ${place} (${closed})`],
      enable: ['make the store writable for this user, or name another directory in STRAKE_HOME'],
    };
  const findings: string[] = [];
  const enable: string[] = [];
  for (const { entrance, name, blocked } of entrances(options)) {
    const trial = blocked ?? (await tryEntrance(entrance, place, options));
    findings.push(...trial.findings.map((finding) => `${name}: ${finding}`));
    enable.push(...trial.enable);
    if (trial.works) return { found: { entrance, freshProc: trial.freshProc }, findings, enable };
  }
  return { findings, enable: [...new Set(enable)] };
}

interface Trial {
  readonly works: boolean;
  readonly freshProc: boolean;
  readonly findings: readonly string[];
  readonly enable: readonly string[];
}

interface Way {
  readonly name: string;
  readonly entrance: Entrance;
  /** Known not to work without being tried. */
  readonly blocked?: Trial;
}

function entrances({ uid, gid, path }: ProbeOptions, read: ReadText = readText): Way[] {
  const ways: Way[] = uid === 0 ? [{ name: 'root', entrance: { rank: 'root' } }] : [];
  const ids = findIdMaps(uid, gid, read);
  const helpers = ids?.by !== 'helpers' || (findProgram('newuidmap', path) && findProgram('newgidmap', path));
  const failed = (finding: string, enable: string): Trial => ({
    works: false,
    freshProc: false,
    findings: [finding],
    enable: [enable],
  });
  const name = 'user namespace with a range of ids';
  if (ids && helpers) ways.push({ name, entrance: { rank: 'user', ids } });
  else {
    const blocked = ids
      ? failed('there is no newuidmap and newgidmap', 'install uidmap (Debian, Ubuntu) or shadow-utils (Fedora)')
      : failed(
          'the user has no range in /etc/subuid and /etc/subgid',
          'usermod --add-subuids 100000-165535 --add-subgids 100000-165535 <user>',
        );
    ways.push({ name, entrance: { rank: 'single' }, blocked });
  }
  ways.push({ name: 'user namespace with a single id', entrance: { rank: 'single' } });
  return ways;
}

/**
 * Says of each thing whether it worked, or what it complained of; cleans up itself, as the files are its own. Steps go
 * without mount(8), which the smallest systems lack: there that overlays can be mounted is taken for granted.
 */
const script = `d=$1
cd "$d" && mkdir l u w m p || exit 1
if ! command -v mount > /dev/null; then echo overlay
elif e=$(mount -t overlay -o "$2,lowerdir=$d/l,upperdir=$d/u,workdir=$d/w" overlay "$d/m" 2>&1); then
  echo overlay; umount "$d/m"
else echo overlay "$e"; fi
if e=$(unshare --pid --fork --mount-proc="$d/p" true 2>&1); then echo proc; else echo proc "$e"; fi
rm -rf l u w m p`;

async function tryEntrance(entrance: Entrance, place: string, { path }: ProbeOptions): Promise<Trial> {
  const directory = mkdtempSync(join(place, '.strake-trial-'));
  const switches = entrance.rank === 'root' ? 'volatile,redirect_dir=off,metacopy=off,index=off' : 'volatile,userxattr';
  try {
    const child = await spawnInside(entrance, ['sh', '-c', script, 'sh', directory, switches], {
      path,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    const [said, complaint] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
    return judge(said, complaint, entrance);
  } catch (error) {
    return judge('', error instanceof Error ? error.message : String(error), entrance);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function judge(said: string, complaint: string, { rank }: Entrance): Trial {
  const answers = new Map(
    said.split('\n').map((line) => [line.split(' ')[0], line.slice(line.indexOf(' ') + 1)] as const),
  );
  const overlay = answers.get('overlay');
  if (overlay === undefined) {
    const { finding, enable } = whatForbids(rank, complaint.trim());
    return { works: false, freshProc: false, findings: [finding], enable };
  }
  if (overlay !== 'overlay')
    return {
      works: false,
      freshProc: false,
      findings: [`overlays cannot be mounted: ${overlay}`],
      enable: [
        `use Linux 5.11 or newer (this is ${release()}), with overlayfs allowed, and a store on ext4, xfs, btrfs or tmpfs`,
      ],
    };
  const freshProc = answers.get('proc') === 'proc';
  // Without a user namespace the machine's own /proc would let a step at other processes of root.
  if (!freshProc && rank === 'root')
    return {
      works: false,
      freshProc,
      findings: [`/proc cannot be mounted: ${answers.get('proc') ?? ''}`],
      enable: ['allow mounting /proc'],
    };
  const findings = ['works'];
  if (!freshProc)
    findings.push(
      `steps see the processes of this container, since /proc cannot be mounted (${answers.get('proc') ?? ''})`,
    );
  if (rank === 'single') findings.push('owners cannot be changed by steps');
  return { works: true, freshProc, findings, enable: [] };
}

/** Why nothing can be made in a directory. */
function refusalOf(directory: string): string | undefined {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

/** The nearest directory above that is there. */
function existing(path: string): string {
  for (let at = path; ; at = dirname(at)) {
    try {
      statfsSync(at);
      return at;
    } catch {
      if (dirname(at) === at) return at;
    }
  }
}
