/** What a machine may or may not allow, each found out by trying. */
import { tryRun } from './process.ts';
import { debianSources } from './debian-archive.ts';
import { npmRefusal } from './npm-programs.ts';
import { asUser, userWithoutSubuids, userWithSubuids } from './ordinary-user.ts';
import { ensurePackages, installRefusal, isDebian, missingPackages } from './packages.ts';

/** A reason why not, or nothing. */
type Refusal = string | undefined;

const isRoot = (): boolean => process.getuid?.() === 0;
const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';

const probes = {
  linux: async (): Promise<Refusal> => (process.platform === 'linux' ? undefined : `this is ${process.platform}`),

  root: async (): Promise<Refusal> => (isRoot() ? undefined : 'not root'),

  /** Root that may make mount namespaces and mount in them. */
  mounts: async (): Promise<Refusal> => {
    if (!isRoot()) return 'not root';
    // The smallest Debian has no mount(8).
    const missing = await ensurePackages(['mount']).catch((error: Error) => error.message);
    if (missing !== undefined) return missing;
    const tried = await tryRun(['unshare', '--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt']);
    return tried.status === 0 ? undefined : `mounting in a mount namespace fails: ${lastLine(tried.stderr)}`;
  },

  /** An ordinary user whose user namespaces hold a range of ids. */
  'subuid-user': async (): Promise<Refusal> => {
    if (!isRoot()) return 'only root can make users';
    if ((await missingPackages(['uidmap'])).length > 0 && (await installRefusal()) !== undefined) {
      return `newuidmap (package uidmap) is missing and ${await installRefusal()}`;
    }
    const user = await userWithSubuids();
    const tried = await asUser(user, ['unshare', '--user', '--map-auto', '--map-root-user', 'chown', '--version']);
    return tried.status === 0 ? undefined : `user namespace with a range of ids: ${lastLine(tried.stderr)}`;
  },

  /** An ordinary user who may make user namespaces, with one id. */
  userns: async (): Promise<Refusal> => {
    const argv = ['unshare', '--user', '--map-root-user', '--mount', 'true'];
    const tried = isRoot() ? await asUser(await userWithoutSubuids(), argv) : await tryRun(argv);
    return tried.status === 0 ? undefined : `user namespaces are not allowed: ${lastLine(tried.stderr)}`;
  },

  /** Debian's archive can be reached through apt. */
  'debian-archive': async (): Promise<Refusal> => {
    if (!(await isDebian())) return 'this is not Debian';
    return (await debianSources()).length > 0 ? undefined : 'apt knows no Debian archive that answers';
  },

  /** Azurite, the emulator of Azure's storage. */
  azurite: (): Promise<Refusal> => npmRefusal('azure'),

  /** The emulator of Google Cloud Storage in firebase-tools. */
  'gcs-emulator': (): Promise<Refusal> => npmRefusal('gcs'),
} as const;

export type Capability = keyof typeof probes;

/** Is this name one of the capabilities above? */
export const isCapability = (name: string): name is Capability => Object.hasOwn(probes, name);

const answers = new Map<Capability, Promise<Refusal>>();

/** Why this machine cannot do it, or undefined when it can; each is tried once per process. */
export async function refusalOf(capability: Capability): Promise<Refusal> {
  let answer = answers.get(capability);
  if (answer === undefined) {
    answer = probes[capability]();
    answers.set(capability, answer);
  }
  return answer;
}
