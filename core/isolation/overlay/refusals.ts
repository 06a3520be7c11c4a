import { readText, type ReadText } from './id-maps.ts';

export interface Refusal {
  readonly finding: string;
  readonly enable: readonly string[];
}

/** Switches by which machines forbid user namespaces, and what each has to be for them to work. */
const switches = [
  {
    name: 'kernel.unprivileged_userns_clone',
    forbids: (value: number) => value === 0,
    enable: 'sysctl -w kernel.unprivileged_userns_clone=1',
  },
  {
    name: 'user.max_user_namespaces',
    forbids: (value: number) => value === 0,
    enable: 'sysctl -w user.max_user_namespaces=15000',
  },
  {
    name: 'kernel.apparmor_restrict_unprivileged_userns',
    forbids: (value: number) => value === 1,
    enable: 'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
  },
] as const;

/** Why namespaces were refused: the kernel says no more than EPERM, so what it goes by is looked at. */
export function whatForbids(rank: 'root' | 'user' | 'single', complaint: string, read: ReadText = readText): Refusal {
  const said = complaint === '' ? 'refused' : complaint;
  const status = read('/proc/self/status') ?? '';
  const filtered = /^Seccomp:\s*2$/m.test(status);
  const seccomp: Refusal = {
    finding: `a seccomp profile is in force, and namespaces are refused (${said})`,
    enable: ['run the container with a seccomp profile that allows unshare and mount, or with seccomp=unconfined'],
  };
  if (rank === 'root') {
    // mount_namespaces(7): what has no mount at its root cannot be made private.
    if (/root filesystem propagation: Invalid argument/.test(said))
      return {
        finding: `the root directory is no mount point, as in a chroot (${said})`,
        enable: ['enter it as a container does, with pivot_root: by podman --rootfs, systemd-nspawn or bwrap'],
      };
    if (filtered) return seccomp;
    return {
      finding: `namespaces are refused: CAP_SYS_ADMIN is missing (${said})`,
      enable: ['run the container with CAP_SYS_ADMIN (--cap-add SYS_ADMIN)'],
    };
  }
  for (const { name, forbids, enable } of switches) {
    const value = read(`/proc/sys/${name.replaceAll('.', '/')}`)?.trim();
    if (value !== undefined && value !== '' && forbids(Number(value)))
      return { finding: `forbidden by ${name}=${value} (${said})`, enable: [enable] };
  }
  if (rank === 'user' && /^NoNewPrivs:\s*1$/m.test(status))
    return {
      finding: `newuidmap has no rights, since no_new_privs is set (${said})`,
      enable: ['allow privilege escalation for the container (allowPrivilegeEscalation: true)'],
    };
  if (filtered) return seccomp;
  return { finding: `refused (${said})`, enable: [] };
}
