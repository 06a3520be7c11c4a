/** What a step may do as root: Docker's default set, by number and name (linux/capability.h). */
const kept = {
  chown: 0,
  dac_override: 1,
  fowner: 3,
  fsetid: 4,
  kill: 5,
  setgid: 6,
  setuid: 7,
  setpcap: 8,
  net_bind_service: 10,
  net_raw: 13,
  sys_chroot: 18,
  mknod: 27,
  audit_write: 29,
  setfcap: 31,
} as const;

export const stepCapabilities: ReadonlySet<number> = new Set(Object.values(kept));

/** The same for setpriv(1): `-all,+chown,…` */
export const boundingSet: string = ['-all', ...Object.keys(kept).map((name) => `+${name}`)].join(',');
