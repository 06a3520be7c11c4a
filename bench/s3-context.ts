/** How fast a context of 1 GiB comes from S3, beside `curl | tar x` from the same server, and what memory that takes. */
import { mkdir } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { cleanEnv } from '../test/support/process.ts';
import { startS3, type TestS3 } from '../test/support/servers/s3.ts';
import { writeTar } from '../test/support/raw-tar.ts';
import { freshDisk } from './disk.ts';
import { calm } from './measure/load.ts';
import { measure, type Measured } from './measure/run.ts';
import { publishedScript } from './peers/package.ts';
import { spread, spreadText, type Spread } from './statistics.ts';
import { bigFile } from './workloads.ts';

/** Of the throughput of `curl | tar x`. */
const least = 0.8;
/** Bytes that a context four times as large may take more. */
const flat = 64e6;

export interface S3ContextResult {
  /** Seconds. */
  readonly strake: Spread;
  readonly curl: Spread;
  /** Throughput of strake to that of curl and tar. */
  readonly ratio: number;
  /** Bytes: the largest sum of PSS, with the whole context and with a quarter of it. */
  readonly peak: number;
  readonly peakOfQuarter: number;
  readonly met: boolean;
}

export async function measureS3Context(scratch: string, rounds: number, patience: number): Promise<S3ContextResult> {
  await using s3 = await startS3();
  await s3.createBucket('bench');
  const file = join(await bigFile(), 'model.bin');
  await putTar(s3, 'whole.tar', file, 1 << 30);
  await putTar(s3, 'quarter.tar', file, Math.floor((1 << 30) / 4));
  const times: { strake: number[]; curl: number[] } = { strake: [], curl: [] };
  const peaks: { whole: number[]; quarter: number[] } = { whole: [], quarter: [] };
  for (let round = 0; round < rounds; round++) {
    await using disk = await freshDisk(join(scratch, `s3-context-${round}`));
    await calm(patience);
    const whole = await byStrake(s3, 'whole.tar', join(disk.path, 'whole'), scratch);
    times.strake.push(whole.wall);
    peaks.whole.push(whole.memory);
    await calm(patience);
    times.curl.push((await byCurl(s3, 'whole.tar', join(disk.path, 'curl'))).wall);
    peaks.quarter.push((await byStrake(s3, 'quarter.tar', join(disk.path, 'quarter'), scratch)).memory);
  }
  const [ours, theirs] = [spread(times.strake), spread(times.curl)];
  const [peak, peakOfQuarter] = [Math.max(...peaks.whole), Math.max(...peaks.quarter)];
  const ratio = theirs.median / ours.median;
  return {
    strake: ours,
    curl: theirs,
    ratio,
    peak,
    peakOfQuarter,
    met: ratio >= least && peak - peakOfQuarter <= flat,
  };
}

/** A tar of a Dockerfile, which copies next to nothing, and of so many bytes of the file in pieces of 64 MiB. */
async function putTar(s3: TestS3, key: string, file: string, bytes: number): Promise<void> {
  const piece = 64 << 20;
  const head = writeTar([{ path: 'Dockerfile', content: 'FROM scratch\nCOPY Dockerfile /\n' }]).subarray(0, 1024);
  const script = `head -c ${bytes} "$1" | split -b ${piece} --numeric-suffixes - "$2/part-" && tar -C "$2" -cf - --remove-files .`;
  const parts = spawn(
    'sh',
    ['-ec', `d=$(mktemp -d); set -- "$1" "$d"; ${script}; rmdir "$d" 2>/dev/null || true`, 'sh', file],
    {
      env: cleanEnv(),
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const all = async function* (): AsyncGenerator<Uint8Array> {
    yield head;
    for await (const chunk of parts.stdout as AsyncIterable<Buffer>) yield chunk;
  };
  await s3.put('bench', key, Readable.toWeb(Readable.from(all())));
}

/** The whole command, from its start to the image: the part that is no download is small. */
async function byStrake(s3: TestS3, key: string, place: string, scratch: string): Promise<Measured> {
  for (const name of ['store', 'home', 'temp']) await mkdir(join(place, name), { recursive: true });
  const env = cleanEnv({
    ...s3.environment(),
    S3_ENDPOINT: `http://127.0.0.1:${s3.port}`,
    HOME: join(place, 'home'),
    STRAKE_HOME: join(place, 'store'),
    TMPDIR: join(place, 'temp'),
  });
  const argv = [process.execPath, await publishedScript(scratch), 'build', `s3://bench/${key}`, '-t', 'bench'];
  return succeeded(await measure(argv, { env, cwd: place }));
}

async function byCurl(s3: TestS3, key: string, place: string): Promise<Measured> {
  await mkdir(place);
  // Debian's curl signs in a way that Swift does not take.
  const { url, header } = s3.plain('bench', key);
  const argv = ['sh', '-ec', 'curl -fsS -H "$1" "$2" | tar x', 'sh', header, url];
  return succeeded(await measure(argv, { env: cleanEnv(), cwd: place, sampleEvery: 0 }));
}

function succeeded(measured: Measured): Measured {
  if (measured.status !== 0) throw new Error(`it ended with status ${measured.status}\n${measured.output}`);
  return measured;
}

export const s3ContextLines = ({ strake, curl, ratio, peak, peakOfQuarter, met }: S3ContextResult): string[] => [
  '\ns3-context: a context of 1 GiB from S3 (Swift on loopback), downloaded and unpacked',
  `  strake build    ${spreadText(strake)} s, peak PSS ${(peak / 1e6).toFixed(0)} MB; with a quarter of it ${(peakOfQuarter / 1e6).toFixed(0)} MB`,
  `  curl | tar x    ${spreadText(curl)} s`,
  `  target: at least ${least}× of the throughput of curl | tar x, memory flat (within ${flat / 1e6} MB); ${ratio.toFixed(2)}×: ${met ? 'met' : 'NOT MET'}`,
];
