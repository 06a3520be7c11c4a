import { Socket } from 'node:net';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { carryError } from '../base/carried-error.ts';
import { serveLaunches } from '../isolation/overlay/launcher.ts';
import { systemPath } from '../isolation/overlay/programs.ts';
import { userOf } from '../rootfs/accounts.ts';
import { namespace } from '../sys/namespaces.ts';
import { loadSys } from '../sys/sys.ts';
import { protocolVersion, type Reply, type Request, type WorkerSettings } from './protocol.ts';
import { serveRequests, type SendReply } from './serve.ts';
import { setUpIsolation, type ThreadRole } from './set-up.ts';
import { serveUnpacking } from './unpack-thread.ts';
import { fromLine, lineReader, toLine } from './wire.ts';

/** Descriptors the worker is started with; what lies behind them is nobody else's. */
const pipe = 3;
/** Steps may open so many files: enough for all, and few enough for programs that close each one they might have. */
const openFiles = 65_536;

/** The worker: the one process that mounts, unpacks, walks and packs file trees, and starts commands in them. */
async function workerProcess(): Promise<void> {
  process.umask(0o022);
  // What ends a build with Ctrl-C reaches all of its processes; the worker is told by its pipe.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  const socket = new Socket({ fd: pipe });
  // Without it there is nobody to work for, and whatever runs here dies with this process.
  const end = (): never => process.exit(0);
  socket.on('close', end).on('end', end).on('error', end);
  const send: SendReply = (reply) => sendTo(socket, reply);
  let take: ((request: Request) => void) | undefined;
  const early: Request[] = [];
  const read = lineReader((line) => {
    const request = fromLine(line) as Request;
    if (take) take(request);
    else early.push(request);
  });
  socket.on('data', read);
  try {
    const sys = await loadSys();
    sys.process.dieWithParent();
    sys.process.hideMemory();
    sys.process.keepDescriptors(pipe);
    sys.process.limitOpenFiles(openFiles);
    const path = process.env['PATH'] ?? systemPath;
    const settings = fromLine(process.argv[2]!) as WorkerSettings;
    const isolation = await setUpIsolation(settings, { sys, path, startThread });
    take = serveRequests(isolation, send);
    await send({ hello: protocolVersion, traits: isolation.traits });
    for (const request of early) take(request);
  } catch (error) {
    await send({ id: -1, error: carryError(error) });
    socket.end();
  }
}

function sendTo(socket: Socket, reply: Reply): Promise<void> {
  return new Promise((resolve) => {
    socket.write(toLine(reply), () => resolve());
  });
}

const startThread = (role: ThreadRole): Worker => new Worker(new URL(import.meta.url), { workerData: role });

async function workerThread(role: ThreadRole): Promise<void> {
  const sys = await loadSys();
  // Modes of images are set as they are; the rest of the process keeps its umask.
  sys.namespaces.unshare(namespace.directories);
  sys.namespaces.umask(0);
  if (role.role === 'unpack') serveUnpacking(parentPort!, sys);
  else serveLaunches(parentPort!, sys, { places: role.places, rights: role.rights, findUser: userOf });
}

await (isMainThread ? workerProcess() : workerThread(workerData as ThreadRole));
